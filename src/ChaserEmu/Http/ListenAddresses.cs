using System.Net;
using System.Net.Sockets;
using ChaserEmu.Platform;

namespace ChaserEmu.Http;

/// <summary>Where to listen, as the settings say: <c>urls</c>, else <c>http_ports</c> and <c>https_ports</c>, else the default.</summary>
internal static class ListenAddresses
{
    public const string Default = "http://127.0.0.1:8080";

    private static readonly string[] Schemes = ["http", "https"];

    /// <summary>What is empty is not given: so compose leaves a variable out.</summary>
    public static bool IsConfigured(IConfiguration settings) => List(settings["urls"]).Length > 0 || Ports(settings).Any();

    public static string[] Resolve(IConfiguration settings) =>
        List(settings["urls"]) is { Length: > 0 } urls ? urls
        : Ports(settings).Select(port => port.Url).ToArray() is { Length: > 0 } ports ? ports
        : [Default];

    /// <summary>What Kestrel would end over, or take for something else: of <c>http://127.0.0.1:808O</c> it makes port 80 of every address.</summary>
    public static IEnumerable<string> Validate(IConfiguration settings) =>
        from given in (List(settings["urls"]).Length > 0 ? settings["urls"]!.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(url => new Given("urls", url)) : Ports(settings))
            .Concat(settings.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => new Given(endpoint.Path + ":Url", endpoint["Url"] ?? "")))
        let why = Fault(given.Url)
        where why is not null
        select $"{given.Key} has '{given.Url}', which cannot be listened on: {why}. Give an address such as {Default}, several with ';' between them.";

    /// <summary>Why an address that is free cannot be listened on, and what to do about it.</summary>
    /// <param name="fault">What the system said.</param>
    /// <param name="address">The address.</param>
    /// <param name="port">Its port.</param>
    public static (string Why, string Mend) Explain(SocketException fault, string address, int port) => fault.SocketErrorCode is SocketError.AccessDenied && port > 0
        ? ($"{address}: ports below 1024 are not for '{CurrentUser.Name}'.",
            $"Allow them (sysctl -w net.ipv4.ip_unprivileged_port_start={port}), run as root, or choose another address with --urls.")
        : ($"{address} cannot be listened on: {fault.Message}.", "Choose an address of this machine with --urls; http://*:8080 is all of them.");

    private static string? Fault(string url)
    {
        if (url.Trim() != url) return "it has a space before or after it";
        if (url.Length == 0) return "it is empty";
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return "it is no address";
        }

        if (!Schemes.Contains(address.Scheme, StringComparer.OrdinalIgnoreCase)) return "it must begin with http:// or https://";
        if (address.IsUnixPipe) return FaultOfSocket(address.UnixPipePath);
        if (address.PathBase.Length > 0) return "it must have no path";
        if (address.Port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort) return $"ports are from {IPEndPoint.MinPort} to {IPEndPoint.MaxPort}";
        if (address.Port == 0 && address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return "localhost is two addresses, so it needs a port; 127.0.0.1:0 takes any that is free";
        return address.Host is "*" or "+" || Uri.CheckHostName(address.Host) != UriHostNameType.Unknown ? null : $"'{address.Host}' is no host";
    }

    private static string? FaultOfSocket(string path)
    {
        try
        {
            _ = new UnixDomainSocketEndPoint(path);
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            return "the system takes no path that long";
        }
    }

    private static IEnumerable<Given> Ports(IConfiguration settings) =>
        from scheme in Schemes
        from port in List(settings[scheme + "_ports"])
        select new Given($"{scheme}_ports", $"{scheme}://*:{port}");

    private static string[] List(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>An address, and the setting that has it.</summary>
    private sealed record Given(string Key, string Url);
}

/// <summary>An address cannot be listened on, for another reason than that somebody does already; the message says what to do.</summary>
internal sealed class UnusableAddressException(EndPoint endpoint, SocketException fault) : Exception(Explain(endpoint, fault), fault)
{
    private static string Explain(EndPoint endpoint, SocketException fault)
    {
        var (why, mend) = ListenAddresses.Explain(fault, endpoint.ToString()!, (endpoint as IPEndPoint)?.Port ?? 0);
        return $"{why} {mend}";
    }
}
