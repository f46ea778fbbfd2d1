using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChaserEmu.Accounts;
using ChaserEmu.Api;
using ChaserEmu.Control;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Faults;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Fuzzes the parsers. Each input must be accepted or rejected; no other exception may occur.</summary>
public sealed class ParserFuzzTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private static readonly Gen<string> Texts = Gen.OneOf(
        Fuzz.Bytes(150).Select(Encoding.Latin1.GetString),
        Fuzz.Bytes(150).Select(bytes => Encoding.ASCII.GetString([.. bytes.Select(value => (byte)(' ' + (value % 95)))])));

    [Fact]
    public void Cursors_decode_to_their_session_or_are_rejected() =>
        (from id in Gen.Choose(0, int.MaxValue - 1)
         from seconds in Gen.Choose(0, int.MaxValue - 1)
         from text in Texts
         from change in Gen.Choose(0, 200)
         select (id, seconds, text, change)).CheckProperty(output, "cursors: valid, altered and random", given =>
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(given.seconds).AddMicroseconds(given.id % 1_000_000);
            var session = new Session
            {
                Id = new SessionId(Guid.CreateVersion7(at)), Workspace = new("ws_a"), KeyId = "key_a", TestMode = true, Profile = "", CreatedAt = at, ProvisionedAt = at, ExpiresAt = at,
            };
            var cursor = SessionCursor.Encode(session);
            Assert.Matches(SessionCursor.Pattern, cursor);
            Assert.True(SessionCursor.TryDecode(cursor, out var found) && found == session.Id);

            var altered = given.change < cursor.Length ? cursor[..given.change] + (given.text.Length > 0 ? given.text[..1] : "") + cursor[(given.change + 1)..] : given.text;
            foreach (var text in new[] { altered, given.text, cursor + given.text, given.text + cursor })
                if (SessionCursor.TryDecode(text, out var other)) Assert.True(SessionId.TryParse(other.ToString(), out _));
        });

    [Fact]
    public void Only_well_formed_keys_are_accepted_and_never_shown_in_full() =>
        (from text in Texts
         from kind in Gen.Elements("cha_live_", "cha_test_", "cha_", "CHA_LIVE_", "")
         from plain in Gen.Elements(true, true, false)
         select kind + (plain ? Regex.Replace(text, "[^A-Za-z0-9_-]", "") : text)).CheckProperty(output, "keys: valid and invalid", text =>
        {
            var wellFormed = text.Length is >= 10 and <= 137 && (text.StartsWith("cha_live_", StringComparison.Ordinal) || text.StartsWith("cha_test_", StringComparison.Ordinal))
                && text[9..].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
            Assert.Equal(wellFormed, ApiKeySecret.TryParse(text, out var key));
            if (key is null) return;
            Assert.True(key.Prefix.Length <= 16 && (key.Prefix.Length - 9) * 2 <= text.Length - 9, $"{key.Prefix} of {text}");
            Assert.Equal(64, key.ComputeHash().Length);
        });

    [Fact]
    public void Only_canonical_session_ids_are_accepted() => Texts.CheckProperty(output, "session ids: valid and altered", text =>
    {
        var id = new SessionId(Guid.CreateVersion7()).ToString();
        Assert.True(SessionId.TryParse(id, out _));
        foreach (var other in new[] { text, id + text, text + id, "sess_" + text, id.ToUpperInvariant() })
            if (SessionId.TryParse(other, out var parsed)) Assert.Equal(other, parsed.ToString());
    });

    [Fact]
    public async Task A_SOCKS_negotiation_consumes_only_its_own_bytes()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var address = new UnixDomainSocketEndPoint(Path.Combine(_folder, "socks"));
        listener.Bind(address);
        listener.Listen();
        Negotiations.CheckProperty(output, "SOCKS negotiations: valid, altered and random", given => NegotiateAsync(listener, address, given.Bytes, given.Cut).GetAwaiter().GetResult());
        await Task.CompletedTask;
    }

    [Fact]
    public void A_state_is_accepted_or_rejected_with_a_reason() => Altered(State).CheckProperty(output, "state documents, altered", text =>
    {
        try
        {
            using var file = new MemoryStream(Encoding.UTF8.GetBytes(text));
            var state = StateReader.ReadAsync(file, CancellationToken.None).GetAwaiter().GetResult();
            StateImporter.ToRows(state, DateTimeOffset.UnixEpoch, 0);
        }
        catch (StateValidationException exception)
        {
            Assert.StartsWith("The state", exception.Message, StringComparison.Ordinal);
        }
    });

    [Fact]
    public async Task An_imported_state_is_applied_or_changes_nothing()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        Altered(State).CheckProperty(
            output,
            "state documents, altered and imported",
            text =>
            {
                var before = client.GetStringAsync("/_emu/state").GetAwaiter().GetResult();
                using var body = new StringContent(text);
                using var response = client.PutAsync("/_emu/state", body).GetAwaiter().GetResult();
                Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{response.StatusCode}: {text}");
                var after = client.GetStringAsync("/_emu/state").GetAwaiter().GetResult();
                if (response.StatusCode is HttpStatusCode.BadRequest) Assert.Equal(WithoutClock(before), WithoutClock(after));
            },
            perThousand: 20);
    }

    [Fact]
    public async Task A_fault_rule_is_accepted_or_rejected_with_a_reason()
    {
        await using var emulator = Emulator.Start();
        var accounts = emulator.Services.GetRequiredService<AccountRegistry>();
        var registry = emulator.Services.GetRequiredService<FaultRegistry>();
        var routes = emulator.Services.GetRequiredService<ApiRoutes>();
        Gen.Elements(Rules).SelectMany(Altered).CheckProperty(output, "fault rules of every type, altered", text =>
        {
            JsonDocument json;
            try
            {
                json = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            }
            catch (JsonException)
            {
                return;
            }

            using (json)
            {
                var (definition, error) = FaultRequestReader.ReadAsync(json.RootElement, accounts, routes).GetAwaiter().GetResult();
                Assert.True(definition is null == error is { Length: > 0 });
                if (definition is null) return;
                registry.Add([definition]);
                registry.Remove(_ => true);
            }
        }, perThousand: 100);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Gen<(byte[] Bytes, int Cut)> Negotiations =>
        from methods in Gen.Elements<byte[]>([0], [0, 2], [2], [], [1, 2, 3, 0])
        from kind in Gen.Elements(1, 1, 3, 3, 3, 4, 0, 2, 255)
        from command in Gen.Elements(1, 1, 1, 1, 1, 1, 2, 3, 0)
        from name in Gen.OneOf(Gen.Elements("localhost", "127.0.0.1", "::1", "a", "", "app.localhost", "no good", "x\0y"), Fuzz.Bytes(255).Select(Encoding.Latin1.GetString))
        from body in Fuzz.Bytes(40)
        from valid in Gen.Elements(true, true, true, false)
        from noise in Fuzz.Bytes(600)
        let text = Encoding.Latin1.GetBytes(name)
        let destination = kind switch { 1 => Exactly(body, 6), 4 => Exactly(body, 18), 3 => [(byte)text.Length, .. text, 0, 80], _ => body }
        let all = valid ? [5, (byte)methods.Length, .. methods, 5, (byte)command, 0, (byte)kind, .. destination, .. body] : noise
        from change in Gen.Choose(0, 3 * (all.Length + 1))
        from value in Gen.Choose(0, 255)
        let changed = change < all.Length ? [.. all[..change], (byte)value, .. all[(change + 1)..]] : change < 2 * all.Length ? all[..(change - all.Length)] : all
        from cut in Gen.Choose(0, changed.Length)
        select (changed, cut);

    private static byte[] Exactly(byte[] bytes, int length)
    {
        Array.Resize(ref bytes, length);
        return bytes;
    }

    private static async Task NegotiateAsync(Socket listener, EndPoint address, byte[] bytes, int cut)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(address);
        using var server = await listener.AcceptAsync();
        client.Send(bytes.AsSpan(0, cut));
        var reading = new SocksHandshake(server).ReadDestinationAsync(CancellationToken.None);
        client.Send(bytes.AsSpan(cut));
        client.Shutdown(SocketShutdown.Send);

        var (destination, consumed, replies) = Expected(bytes);
        Assert.Equal(destination, Name(await reading));
        if (destination is not null) Assert.Equal(bytes.Length - consumed, Drain(server));
        server.Shutdown(SocketShutdown.Both);
        Assert.Equal(replies, DrainBytes(client));
    }

    /// <summary>A second, independent implementation of RFC 1928 to compare with.</summary>
    private static (string? Destination, int Consumed, byte[] Replies) Expected(byte[] b)
    {
        if (b.Length < 2 || b[0] != 5 || b.Length < 2 + b[1]) return (null, 0, []);
        var at = 2 + b[1];
        if (!b.AsSpan(2..at).Contains((byte)0)) return (null, 0, [5, 0xFF]);
        if (b.Length < at + 4 || b[at] != 5) return (null, 0, [5, 0]);
        byte[] ErrorReply(byte code) => [5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0];
        if (b[at + 1] != 1) return (null, 0, ErrorReply(7));
        var rest = b[(at + 4)..];
        int Port(int where) => (rest[where] * 256) + rest[where + 1];
        switch (b[at + 3])
        {
            case 1:
            case 4:
                var length = b[at + 3] == 1 ? 4 : 16;
                return rest.Length < length + 2 ? (null, 0, [5, 0]) : ($"{new IPAddress(rest[..length])} {Port(length)}", at + 4 + length + 2, [5, 0]);
            case 3:
                if (rest.Length < 1 || rest.Length < 1 + rest[0] + 2) return (null, 0, [5, 0]);
                var name = Encoding.Latin1.GetString(rest[1..(1 + rest[0])]);
                if (name.Length == 0 || name.Any(c => c is <= ' ' or > '~')) return (null, 0, ErrorReply(4));
                return ($"{(IPAddress.TryParse(name, out var literal) ? literal : name)} {Port(1 + rest[0])}", at + 4 + 1 + rest[0] + 2, [5, 0]);
            default:
                return (null, 0, ErrorReply(8));
        }
    }

    private static string? Name(EndPoint? destination) => destination switch
    {
        IPEndPoint address => $"{address.Address} {address.Port}",
        DnsEndPoint name => $"{name.Host} {name.Port}",
        _ => null,
    };

    private static int Drain(Socket socket) => DrainBytes(socket).Length;

    private static byte[] DrainBytes(Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[1024];
        while (socket.Receive(buffer) is var read and > 0) all.Write(buffer, 0, read);
        return all.ToArray();
    }

    /// <summary>Generates JSON with one change: a value or field is replaced, text is inserted, or the end is cut off.</summary>
    private static Gen<string> Altered(string json) =>
        from position in Gen.Choose(0, int.MaxValue - 1)
        from kind in Gen.Choose(0, 9)
        from value in Gen.Elements("null", "true", "-1", "0", "1e400", "9223372036854775808", "0.5", "\"\"", "\"x\"", "\"\\ud800\"", "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00Z\"", "[]", "{}", "[null]", "\"sess_\"", "\"cha_live_x\"")
        select Alter(json, position, kind, value);

    private static string Alter(string json, int position, int kind, string value)
    {
        if (kind == 0) return json[..(position % (json.Length + 1))];
        if (kind == 1) return json.Insert(position % json.Length, value);
        var values = Regex.Matches(json, """(?<=[:\[,]\s*)("(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.]*|true|false|null|\{[^{}]*\})""");
        if (kind < 8) return Replace(json, values[position % values.Count], value);
        var fields = Regex.Matches(json, "\"\\w+\"(?=\\s*:)");
        return Replace(json, fields[position % fields.Count], kind == 8 ? fields[position / 7 % fields.Count].Value : "\"unknown_field\"");
    }

    private static string Replace(string text, Match match, string replacement) => text[..match.Index] + replacement + text[(match.Index + match.Length)..];

    /// <summary>Returns the state without the clock, which runs.</summary>
    private static string WithoutClock(string state)
    {
        var json = JsonNode.Parse(state)!.AsObject();
        json.Remove("clock");
        return json.ToJsonString();
    }

    private const string State = """
        {"version":1,"clock":{"now":"2026-06-13T12:00:00Z","rate":1,"frozen":true},
        "workspaces":[{"id":"ws_0123456789abcdef01234567","created_at":"2026-06-13T11:00:00Z","balance_micro_usd":500000},{"key":"cha_test_poor","balance_micro_usd":0}],
        "keys":[{"secret":"cha_live_by-hand","workspace":"ws_0123456789abcdef01234567","name":"by hand"},
        {"id":"key_0123456789abcdef01234567","workspace":"ws_0123456789abcdef01234567","name":"n","prefix":"cha_live_ab","hash":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","test_mode":false,"created_at":"2026-06-13T11:00:00Z","last_used_at":null,"revoked_at":null}],
        "sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_0123456789abcdef01234567","key_id":"key_0123456789abcdef01234567","test_mode":false,"profile":"default","status":"closed","cdp":{"bytes_up":1,"bytes_down":2},"egress":{"bytes_up":3,"bytes_down":4},"created_at":"2026-06-13T11:00:00Z","provisioned_at":"2026-06-13T11:00:00Z","ready_at":"2026-06-13T11:00:01Z","expires_at":"2026-06-13T11:30:00Z","ended_at":"2026-06-13T11:10:00Z","ended_reason":"client_delete","billed_micro_usd":0},
        {"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a855","workspace":"ws_0123456789abcdef01234567","key_id":"key_0123456789abcdef01234567","status":"ready","created_at":"2026-06-13T11:00:00Z","expires_at":"2026-06-13T11:30:00Z"}],
        "usage":[{"workspace":"ws_0123456789abcdef01234567","day":"2026-06-13","key_id":"key_0123456789abcdef01234567","region":"local","bytes_up":4,"bytes_down":6,"sessions":1}],
        "audit":[{"id":1,"workspace":"ws_0123456789abcdef01234567","at":"2026-06-13T11:00:00Z","action":"session.created","subject":"s","detail":null}]}
        """;

    private static readonly string[] Rules =
    [
        """{"match":{"key":"cha_live_my-laptop","route":"/v1/sessions","method":"POST"},"effect":{"type":"status","code":"rate_limited","retry_after":2},"count":1}""",
        """{"effect":{"type":"unavailable","retry_after":1},"probability":0.5}""",
        """{"match":{"nth":2},"effect":{"type":"delay","seconds":1.5}}""",
        """{"match":{"session":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854"},"effect":{"type":"truncate"}}""",
        """{"effect":{"type":"stay_creating","seconds":10}}""",
        """{"effect":{"type":"device_missing","polls":3}}""",
        """{"effect":{"type":"cdp_url_late"},"count":2}""",
        """{"match":{"nth":1},"effect":{"type":"browser_crash","after_seconds":1}}""",
        """{"match":{"direction":"to_client"},"effect":{"type":"cdp_close","code":1001,"reason":"bye","after_frames":3}}""",
        """{"match":{"direction":"to_browser"},"effect":{"type":"cdp_stall","after_bytes":100}}""",
        """{"effect":{"type":"cdp_delay","milliseconds":20}}""",
        """{"match":{"host":"example.test"},"effect":{"type":"egress_reset","after_bytes":1000}}""",
        """{"effect":{"type":"egress_bandwidth","bytes_per_second":1000}}""",
        """{"effect":{"type":"egress_latency","milliseconds":5}}""",
    ];
}
