using System.Net;
using System.Net.Sockets;
using ChaserEmu.Platform;

namespace ChaserEmu.Http;

/// <summary>The listen addresses from the settings: <c>urls</c>, else <c>http_ports</c> and <c>https_ports</c>, else the default.</summary>
internal static class ListenAddresses
{
    public const string Default = "http://127.0.0.1:8080";

    private static readonly string[] Schemes = ["http", "https"];

    /// <summary>Returns whether an address is configured. An empty value counts as not set, because compose files pass unset variables as empty.</summary>
    public static bool IsConfigured(IConfiguration settings) => Split(settings["urls"]).Length > 0 || GetPortAddresses(settings).Any();

    public static string[] Resolve(IConfiguration settings) =>
        Split(settings["urls"]) is { Length: > 0 } urls ? urls
        : GetPortAddresses(settings).Select(port => port.Url).ToArray() is { Length: > 0 } ports ? ports
        : [Default];

    /// <summary>
    /// Returns an error for every address that Kestrel would fail on or misread: it reads <c>http://127.0.0.1:808O</c> as port 80 on all addresses.
    /// </summary>
    public static IEnumerable<string> Validate(IConfiguration settings) =>
        from address in (Split(settings["urls"]).Length > 0 ? settings["urls"]!.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(url => new ConfiguredAddress("urls", url)) : GetPortAddresses(settings))
            .Concat(settings.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => new ConfiguredAddress(endpoint.Path + ":Url", endpoint["Url"] ?? "")))
        let why = ValidateUrl(address.Url)
        where why is not null
        select $"{address.Key} has '{address.Url}', which is not a valid listen address: {why}. Use an address such as {Default}; separate several with ';'.";

    /// <summary>Explains why binding to a free address failed, and what to do.</summary>
    /// <param name="exception">The error of the operating system.</param>
    /// <param name="address">The address.</param>
    /// <param name="port">The port of the address.</param>
    public static (string Why, string Fix) Explain(SocketException exception, string address, int port) => exception.SocketErrorCode is SocketError.AccessDenied && port > 0
        ? ($"Cannot listen on {address}: '{CurrentUser.Name}' may not use ports below 1024.",
            $"Allow them (sysctl -w net.ipv4.ip_unprivileged_port_start={port}), run as root, or choose another address with --urls.")
        : ($"Cannot listen on {address}: {exception.Message}.", "Choose an address of this machine with --urls; http://*:8080 listens on all addresses.");

    private static string? ValidateUrl(string url)
    {
        if (url.Trim() != url) return "it has leading or trailing spaces";
        if (url.Length == 0) return "it is empty";
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return "it is not a URL";
        }

        if (!Schemes.Contains(address.Scheme, StringComparer.OrdinalIgnoreCase)) return "it must begin with http:// or https://";
        if (address.IsUnixPipe) return ValidateSocketPath(address.UnixPipePath);
        if (address.PathBase.Length > 0) return "it must not have a path";
        if (address.Port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort) return $"the port must be from {IPEndPoint.MinPort} to {IPEndPoint.MaxPort}";
        if (address.Port == 0 && address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return "localhost is two addresses and cannot use port 0; use 127.0.0.1:0 for any free port";
        return address.Host is "*" or "+" || Uri.CheckHostName(address.Host) != UriHostNameType.Unknown ? null : $"'{address.Host}' is not a host name";
    }

    private static string? ValidateSocketPath(string path)
    {
        try
        {
            _ = new UnixDomainSocketEndPoint(path);
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            return "the socket path is too long";
        }
    }

    private static IEnumerable<ConfiguredAddress> GetPortAddresses(IConfiguration settings) =>
        from scheme in Schemes
        from port in Split(settings[scheme + "_ports"])
        select new ConfiguredAddress($"{scheme}_ports", $"{scheme}://*:{port}");

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>An address, with the setting that contains it.</summary>
    private sealed record ConfiguredAddress(string Key, string Url);
}

/// <summary>Binding to an address failed for another reason than that it is in use. The message says what to do.</summary>
internal sealed class UnusableAddressException(EndPoint endpoint, SocketException exception) : Exception(Explain(endpoint, exception), exception)
{
    private static string Explain(EndPoint endpoint, SocketException exception)
    {
        var (why, fix) = ListenAddresses.Explain(exception, endpoint.ToString()!, (endpoint as IPEndPoint)?.Port ?? 0);
        return $"{why} {fix}";
    }
}
