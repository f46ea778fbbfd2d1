using ChaserEmu.Http;
using ChaserEmu.Time;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Settings;

public sealed class SettingsTests
{
    [Fact]
    public async Task All_validation_errors_of_all_sections_are_reported_at_once() => Assert.Equal(
        "Clock:Rate is 'fast', but must be a number. "
        + "Storage:Path is empty. Give a file, or :memory: to keep nothing. "
        + "Auth:Mode is 'lax', but must be open or strict. "
        + "Sessions:ProvisioningSeconds is '25-15', but must be seconds from 0 to 3600, such as 2.5, or a range such as 15-25. "
        + "Sessions:IdleSeconds is 0, but must be from 1 to 86400. "
        + "Public:BaseUrl is 'ftp://emu.test', but must be an http or https address such as http://emulator:8080.",
        await Emulator.GetStartErrorAsync(
            "Auth:Mode=lax", "Clock:Rate=fast", "Sessions:IdleSeconds=0", "Sessions:ProvisioningSeconds=25-15", "Storage:Path= ", "Public:BaseUrl=ftp://emu.test"));

    [Theory]
    [InlineData("Auth:Keys=cha_live_secret", "Auth:Keys is a list. Give its entries as Auth:Keys:0, Auth:Keys:1 and so on.")]
    [InlineData("Auth:Keys:0=secret", "Auth:Keys:0 must be cha_live_ or cha_test_ followed by 1 to 128 letters, digits, '-' or '_'.")]
    [InlineData("Control:Token=", "Control:Token is empty. Set a token, or remove the setting to require none.")]
    [InlineData("Sessions:IdleSeconds=", "Sessions:IdleSeconds is '', but must be a number.")]
    [InlineData("Clock:Rate=0", "Clock:Rate is 0, but must be above 0 and at most 1000000.")]
    [InlineData("Clock:Rate=NaN", "Clock:Rate is NaN, but must be above 0 and at most 1000000.")]
    [InlineData("Clock:Rate=1000001", "Clock:Rate is 1000001, but must be above 0 and at most 1000000.")]
    [InlineData("Sessions:IdleSeconds=0", "Sessions:IdleSeconds is 0, but must be from 1 to 86400.")]
    [InlineData("Sessions:ProvisioningSeconds=25-15", "Sessions:ProvisioningSeconds is '25-15', but must be seconds from 0 to 3600, such as 2.5, or a range such as 15-25.")]
    [InlineData("Sessions:ProvisioningSeconds=-1", "Sessions:ProvisioningSeconds is '-1', but must be seconds from 0 to 3600, such as 2.5, or a range such as 15-25.")]
    [InlineData("Sessions:Region=", "Sessions:Region is empty. Give any name, such as local.")]
    [InlineData("Browsers:Warm=two", "Browsers:Warm is 'two', but must be a number.")]
    [InlineData("Browsers:Max=many", "Browsers:Max is 'many', but must be a number.")]
    [InlineData("Browsers:Sandbox=maybe", "Browsers:Sandbox is 'maybe', but must be auto or on or off.")]
    [InlineData("Browsers:Arguments=--lang=de", "Browsers:Arguments is a list. Give its entries as Browsers:Arguments:0, Browsers:Arguments:1 and so on.")]
    [InlineData("Public:BaseUrl=emu.test:8080", "Public:BaseUrl is 'emu.test:8080', but must be an http or https address such as http://emulator:8080.")]
    [InlineData("Public:CdpBaseUrl=ftp://emu.test", "Public:CdpBaseUrl is 'ftp://emu.test', but must be a ws or wss address such as wss://cdp.emulator.test.")]
    [InlineData("Public:StreamBaseUrl=emu.test", "Public:StreamBaseUrl is 'emu.test', but must be a ws or wss address such as wss://stream.emulator.test.")]
    [InlineData("Public:BaseUrl=http://emu.test/?a", "Public:BaseUrl is 'http://emu.test/?a', but must be an http or https address such as http://emulator:8080.")]
    [InlineData("State:MaxBytes=0", "State:MaxBytes is 0, but must be 1 or more.")]
    [InlineData("Transport:Disable:0=Splices", "Transport:Disable has 'Splices', but must be one of: InlineCompletions, BusyPolling, LargeCopies, DirectReads, Preconnect, DirectOutput, InlineRequests, Splice, LargeBuffers.")]
    [InlineData("Transport:Disable=Splice", "Transport:Disable is a list. Give its entries as Transport:Disable:0, Transport:Disable:1 and so on.")]
    [InlineData("Clock:Speed=60", "Unknown setting Clock:Speed. Settings of Clock: Rate, Now, Frozen.")]
    public async Task A_validation_error_has_the_key_and_the_allowed_values(string setting, string error) => Assert.Equal(error, await Emulator.GetStartErrorAsync("Storage:Path=:memory:", setting));

    [Theory]
    [InlineData("--Brosers:Warm=2", "Unknown section Brosers. Known sections: Auth, Billing, Browsers, Cdp, Clock, Control, Egress, Events, Https, Journal, Limits, Mcp, Network, Process, Public, Requests, Security, Sessions, State, Storage.")]
    [InlineData("--Seeed=42", "Unknown setting --Seeed. Did you mean --Seed?")]
    [InlineData("--frozen=true", "Unknown setting --frozen. Did you mean --Clock:Frozen?")]
    [InlineData("--Control.Token=secret", "Unknown setting --Control.Token. Did you mean --Control:Token?")]
    [InlineData("--keys=cha_live_secret", "Unknown setting --keys. Did you mean --Auth:Keys:0?")]
    [InlineData("--url=http://127.0.0.1:1", "Unknown setting --url. Did you mean --urls?")]
    [InlineData("--port 9000", "Unknown setting --port. Did you mean --urls?")]
    [InlineData("--verbose", "Unknown setting --verbose. Give settings as --Section:Key=value. For a list, see 'chaseremu --help' and docs/settings.md.")]
    [InlineData("--Clock=frozen", "Unknown setting --Clock. Clock is a section. Its settings: --Clock:Rate, --Clock:Now, --Clock:Frozen.")]
    [InlineData("/frozen true", "Unknown setting --frozen. Did you mean --Clock:Frozen?")]
    [InlineData("--frozen --urls http://127.0.0.1:1", "Unknown setting --frozen. Did you mean --Clock:Frozen?")]
    [InlineData("--Clock:Frozen --urls http://127.0.0.1:1", "--Clock:Frozen has no value. Give one: --Clock:Frozen=value.")]
    [InlineData("--Seed", "--Seed has no value. Give one: --Seed=value.")]
    [InlineData("-Seed=42", "'-Seed=42' is not a setting. Did you mean --Seed?")]
    [InlineData("-x", "'-x' is not a setting. Give settings as --Section:Key=value. For a list, see 'chaseremu --help' and docs/settings.md.")]
    [InlineData("--Seed 42 doctor", "'doctor' is not a setting. Give settings as --Section:Key=value. For a list, see 'chaseremu --help' and docs/settings.md.")]
    [InlineData("--browsers:warm=2", null)]
    [InlineData("--Browsers:Warm 2 /Clock:Frozen=true /Seed 42 Clock:Rate=60", null)]
    [InlineData("--Browsers:Arguments:0 --lang=de --Sessions:Region -1", null)]
    [InlineData("--Browsers= --Logging= --Logging:LogLevel= --environment=Development --contentRoot=/ --applicationName=ChaserEmu --AllowedHosts=*", null)]
    [InlineData("--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", null)]
    [InlineData("--Logging:LogLevel:Default=Debug", null)]
    [InlineData("--Kestrel:Limits:MaxConcurrentConnections=5", null)]
    [InlineData("--urls=http://127.0.0.1:1", null)]
    public async Task An_unknown_setting_is_reported_with_a_suggestion(string arguments, string? error)
    {
        await using var app = EmulatorServer.Build(["--Browsers:Path=none", "--Storage:Path=:memory:", .. arguments.Split(' ')]);
        if (error is null) EmulatorServer.ValidateSettings(app);
        else Assert.Equal([error], Assert.Throws<OptionsValidationException>(() => EmulatorServer.ValidateSettings(app)).Failures);
    }

    [Theory]
    [InlineData("urls=foo", "urls has 'foo', which is not a valid listen address: it is not a URL.")]
    [InlineData("Kestrel:Endpoints:Web:Url=", "Kestrel:Endpoints:Web:Url has '', which is not a valid listen address: it is empty.")]
    [InlineData("urls=ftp://127.0.0.1:1", "urls has 'ftp://127.0.0.1:1', which is not a valid listen address: it must begin with http:// or https://.")]
    [InlineData("urls=http://127.0.0.1:99999", "urls has 'http://127.0.0.1:99999', which is not a valid listen address: the port must be from 0 to 65535.")]
    [InlineData("urls=http://127.0.0.1:-5", "urls has 'http://127.0.0.1:-5', which is not a valid listen address: the port must be from 0 to 65535.")]
    [InlineData("urls=http://127.0.0.1:808O", "urls has 'http://127.0.0.1:808O', which is not a valid listen address: '127.0.0.1:808O' is not a host name.")]
    [InlineData("urls=http://127.0.0.1:0/v1", "urls has 'http://127.0.0.1:0/v1', which is not a valid listen address: it must not have a path.")]
    [InlineData("urls=http://localhost:0", "urls has 'http://localhost:0', which is not a valid listen address: localhost is two addresses and cannot use port 0; use 127.0.0.1:0 for any free port.")]
    [InlineData("urls=http://127.0.0.1:0;nonsense", "urls has 'nonsense', which is not a valid listen address: it is not a URL.")]
    [InlineData("urls=http://127.0.0.1:0; http://127.0.0.1:0", "urls has ' http://127.0.0.1:0', which is not a valid listen address: it has leading or trailing spaces.")]
    [InlineData("http_ports=8O", "http_ports has 'http://*:8O', which is not a valid listen address: '*:8O' is not a host name.")]
    [InlineData("Kestrel:Endpoints:Main:Url=foo", "Kestrel:Endpoints:Main:Url has 'foo', which is not a valid listen address: it is not a URL.")]
    [InlineData("urls=", null)]
    [InlineData("urls=;", null)]
    [InlineData("urls=http://*:8080", null)]
    [InlineData("urls=http://+:0", null)]
    [InlineData("urls=http://[::1]:8080", null)]
    [InlineData("urls=http://[fe80::1%1]:8080", null)]
    [InlineData("urls=http://localhost:5000/", null)]
    [InlineData("urls=HTTPS://localhost;http://0.0.0.0:80;http://my-host:1;", null)]
    [InlineData("urls=http://unix:/tmp/emulator.sock", null)]
    [InlineData("https_ports=8443;9443", null)]
    [InlineData("Kestrel:Endpoints:Main:Url=http://*:1", null)]
    public void An_invalid_listen_address_is_reported(string setting, string? error)
    {
        var settings = new ConfigurationBuilder().AddCommandLine([$"--{setting}"]).Build();

        var errors = ListenAddresses.Validate(settings).Select(message => message.Replace(" Use an address such as http://127.0.0.1:8080; separate several with ';'.", "", StringComparison.Ordinal));

        Assert.Equal(error is null ? [] : [error], errors);
    }

    /// <summary>WebApplicationFactory passes the host's variables as arguments.</summary>
    [Fact]
    public async Task An_unrelated_host_variable_is_ignored()
    {
        Environment.SetEnvironmentVariable("ASPNETCORE_SOMETHING_ELSE", "5001");
        await using var app = EmulatorServer.Build(["--SOMETHING_ELSE=5001", "--Browsers:Path=none", "--Storage:Path=:memory:"]);

        EmulatorServer.ValidateSettings(app);
    }

    [Theory]
    [InlineData("A_TEST__KEY", "A_TEST:KEY", false)]
    [InlineData("OTEL_A_TEST", "OTEL_A_TEST", true)]
    [InlineData("ASPNETCORE_A_TEST", "A_TEST", false)]
    [InlineData("ASPNETCORE_Kestrel__ATest", "Kestrel:ATest", true)]
    [InlineData("DOTNET_ASection__ATest", "ASection:ATest", false)]
    [InlineData("DOTNET_Logging__LogLevel__ATest", "Logging:LogLevel:ATest", true)]
    [InlineData("Logging__LogLevel__AnotherTest", "Logging:LogLevel:AnotherTest", false)]
    public async Task A_variable_without_the_prefix_can_set_only_settings_of_DotNet_and_OpenTelemetry(string variable, string key, bool isRead)
    {
        Environment.SetEnvironmentVariable(variable, "Warning");
        await using var app = EmulatorServer.Build(["--Browsers:Path=none", "--Storage:Path=:memory:"]);

        Assert.Equal(isRead ? "Warning" : null, app.Configuration[key]);
        EmulatorServer.ValidateSettings(app);
    }

    [Fact]
    public async Task An_emulator_in_WebApplicationFactory_ignores_a_SEED_variable()
    {
        Environment.SetEnvironmentVariable("SEED", "42");
        try
        {
            await using var emulator = Emulator.Start();
            await using var seeded = Emulator.Start("Seed=42");

            Assert.False(emulator.Services.GetRequiredService<RandomSource>().IsSeeded);
            Assert.True(seeded.Services.GetRequiredService<RandomSource>().IsSeeded);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SEED", null);
        }
    }

    [Fact]
    public async Task A_value_in_a_separate_argument_is_read()
    {
        await using var app = EmulatorServer.Build(["--Seed", "a=b", "/Sessions:IdleSeconds", "7", "--Browsers:Arguments:0", "--lang=de", "Clock:Rate=60"]);

        Assert.Equal(
            ("a=b", "7", "--lang=de", "60"), (app.Configuration["Seed"], app.Configuration["Sessions:IdleSeconds"], app.Configuration["Browsers:Arguments:0"], app.Configuration["Clock:Rate"]));
    }

    [Fact]
    public async Task Unknown_settings_and_validation_errors_are_reported_together()
    {
        await using var app = EmulatorServer.Build(["--Browsers:Path=none", "--Storage:Path=:memory:", "--Brosers:Warm=2", "--Clock:Rate=0", "--Auth:Mode=lax"]);
        var why = EmulatorServer.Explain(Assert.Throws<OptionsValidationException>(() => EmulatorServer.ValidateSettings(app)));
        Assert.StartsWith("Unknown section Brosers", why, StringComparison.Ordinal);
        Assert.Contains("Clock:Rate is 0", why, StringComparison.Ordinal);
        Assert.Contains("Auth:Mode is 'lax'", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_settings_exit_with_code_1() => Assert.Equal(1, await EmulatorServer.RunAsync(["--Browsers:Path=none", "--Clock:Rate=0", "--Logging:LogLevel:Default=None"], CancellationToken.None));
}
