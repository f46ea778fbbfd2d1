using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace ChaserEmu.Settings;

/// <summary>
/// The settings that belong to .NET, and the environment variables that can set them. The host builder reads the whole environment as
/// settings: without a restriction, <c>SEED=42</c>, which CI systems set, makes all ids and secrets predictable.
/// </summary>
internal static class HostSettings
{
    /// <summary>Sections that .NET reads.</summary>
    public static readonly string[] Sections = ["Logging", "Kestrel", "HostBuilder"];

    /// <summary>Settings without a section. WebApplicationFactory passes them as arguments.</summary>
    public static readonly string[] Keys =
    [
        "urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName", "AllowedHosts", "webroot", "detailedErrors", "captureStartupErrors",
        "suppressStatusMessages", "shutdownTimeoutSeconds", "preferHostingUrls", "preventHostingStartup", "startupAssembly", "hostingStartupAssemblies", "hostingStartupExcludeAssemblies",
    ];

    /// <summary>
    /// Restricts the sources that read environment variables: <c>ASPNETCORE_</c> and <c>DOTNET_</c> variables set only .NET's settings, and
    /// variables without a prefix only those of OpenTelemetry.
    /// </summary>
    public static void RestrictVariables(ConfigurationManager configuration)
    {
        // Each change of the list loads all sources again. After Clear, each is loaded only once.
        var sources = configuration.Sources.ToList();
        configuration.Sources.Clear();
        foreach (var source in sources) configuration.Sources.Add(source is EnvironmentVariablesConfigurationSource variables ? new RestrictedSource(variables.Prefix) : source);
    }

    /// <summary>Returns whether the key is a variable of OpenTelemetry; its packages read them from the settings.</summary>
    public static bool IsOpenTelemetry(string key) => key.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase);

    private static bool IsHostKey(string key) =>
        Keys.Contains(key, StringComparer.OrdinalIgnoreCase) || Sections.Contains(key.Split(':')[0], StringComparer.OrdinalIgnoreCase);

    private sealed class RestrictedSource(string? prefix) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => new RestrictedProvider(prefix);
    }

    private sealed class RestrictedProvider(string? prefix) : EnvironmentVariablesConfigurationProvider(prefix)
    {
        private readonly Func<string, bool> _isAllowed = string.IsNullOrEmpty(prefix) ? IsOpenTelemetry : IsHostKey;

        public override void Load()
        {
            base.Load();
            foreach (var key in Data.Keys.Where(key => !_isAllowed(key)).ToList()) Data.Remove(key);
        }
    }
}
