using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Api;

/// <summary>The documented precision of each timestamp. A client that parses only one form must fail here as it does on the service.</summary>
public sealed partial class TimestampTests
{
    /// <summary>The number of fractional digits of each timestamp in the contract.</summary>
    private static readonly Dictionary<string, int> Digits = new()
    {
        ["AuditEntry.at"] = 6,
        ["CreatedSession.created_at"] = 6,
        ["CreatedSession.expires_at"] = 6,
        ["Session.created_at"] = 6,
        ["Session.ready_at"] = 6,
        ["Session.expires_at"] = 6,
        ["Session.ended_at"] = 6,
        ["Key.created_at"] = 0,
        ["Key.last_used_at"] = 0,
        ["Key.revoked_at"] = 0,
        ["NewKey.created_at"] = 0,
        ["Usage.from"] = 0,
        ["Usage.to"] = 3,
        ["PreviewToken.expires_at"] = 3,
    };

    [Fact]
    public async Task Sessions_have_six_digits_keys_none_and_usage_none_or_three()
    {
        await using var emulator = Emulator.Start("Clock:Now=2026-06-13T11:49:20.651182Z", "Clock:Frozen=true");
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);

        var created = await client.CreateSessionAsync();
        Assert.Equal(("2026-06-13T11:49:20.651182Z", "2026-06-13T12:19:20.650185Z"), (created.Text("created_at"), created.Text("expires_at")));
        await emulator.AdvanceAsync(0.348818);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{created.Id()}")).StatusCode);
        var ended = await client.GetSessionAsync(created.Id());
        Assert.Equal("2026-06-13T11:49:21.000000Z", ended.Text("ended_at"));
        Assert.Matches(@"^2026-06-13T11:49:2[01]\.\d{6}Z$", ended.Text("ready_at"));

        await emulator.AdvanceAsync(0.9999);
        var usage = await client.GetFromJsonAsync<JsonElement>("/v1/usage");
        Assert.Equal(("2026-06-01T00:00:00Z", "2026-06-13T11:49:21.999Z"), (usage.Text("from"), usage.Text("to")));

        var old = (await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys")[0];
        var rotated = await (await user.PostAsJsonAsync($"/v1/keys/{old.Id()}/rotate", new { grace_days = 7 })).ReadJsonAsync();
        var made = await (await user.PostAsJsonAsync("/v1/keys", new { })).ReadJsonAsync(HttpStatusCode.Created);
        Assert.All([rotated, made], key => Assert.Equal("2026-06-13T11:49:21Z", key.Text("created_at")));
        old = (await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys")[0];
        Assert.Equal(
            ("2026-06-13T11:49:20Z", "2026-06-13T11:49:21Z", "2026-06-20T11:49:21Z"),
            (old.Text("created_at"), old.Text("last_used_at"), old.Text("revoked_at")));
    }

    [Fact]
    public async Task A_state_export_keeps_all_digits()
    {
        await using var emulator = Emulator.Start("Clock:Now=2026-06-13T11:49:20.651182Z", "Clock:Frozen=true");
        using var client = emulator.CreateClient();
        await client.GetAsync("/v1/sessions");

        var key = (await client.GetFromJsonAsync<JsonElement>("/_emu/state")).GetProperty("keys")[0];

        Assert.Equal(("2026-06-13T11:49:20.651182Z", "2026-06-13T11:49:20.651182Z"), (key.Text("created_at"), key.Text("last_used_at")));
    }

    [Fact]
    public async Task The_examples_of_the_contract_have_the_same_digits_as_the_responses()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        var contract = await client.GetFromJsonAsync<JsonElement>("/openapi.json");
        var schemas = contract.GetProperty("components").GetProperty("schemas");

        var timestamps =
            from schema in schemas.EnumerateObject()
            where schema.Value.TryGetProperty("properties", out _)
            from property in schema.Value.GetProperty("properties").EnumerateObject()
            where property.Value.TryGetProperty("format", out var format) && format.ValueEquals("date-time")
            select $"{schema.Name}.{property.Name}";
        Assert.Equal(Digits.Keys.Order(), timestamps.Order());

        var seen = new HashSet<string>();
        foreach (var media in contract.GetProperty("paths").FindObjects("example").Where(media => media.TryGetProperty("schema", out _)))
        {
            if (!media.TryGetProperty("x-oai-itemSchema", out var item))
            {
                Check(media.GetProperty("schema"), media.GetProperty("example"));
                continue;
            }

            // A stream of events, whose data is JSON.
            var data = media.GetProperty("example").GetString()!.Split('\n').Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..];
            Check(item.GetProperty("properties").GetProperty("data").GetProperty("contentSchema"), JsonDocument.Parse(data).RootElement);
        }

        // The example of a key has no revocation.
        Assert.Equal(Digits.Keys.Except(["Key.revoked_at"]).Order(), seen.Order());

        void Check(JsonElement schema, JsonElement example)
        {
            if (schema.TryGetProperty("items", out var items))
                foreach (var item in example.EnumerateArray()) Check(items, item);
            if (!schema.TryGetProperty("$ref", out var reference)) return;
            var name = reference.GetString()!.Split('/')[^1];
            if (!schemas.GetProperty(name).TryGetProperty("properties", out var properties)) return;
            foreach (var property in properties.EnumerateObject())
            {
                if (!example.TryGetProperty(property.Name, out var value) || value.ValueKind is JsonValueKind.Null) continue;
                if (Digits.TryGetValue($"{name}.{property.Name}", out var digits))
                {
                    seen.Add($"{name}.{property.Name}");
                    Assert.Equal((property.Name, digits), (property.Name, Fraction().Match(value.GetString()!).Groups[1].Length));
                    Assert.Matches(Fraction(), value.GetString());
                }
                else
                {
                    Check(property.Value, value);
                }
            }
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,6}))?Z$")]
    private static partial Regex Fraction();
}

internal static class JsonSearchExtensions
{
    /// <summary>Returns all objects, at any depth, that have the property.</summary>
    public static IEnumerable<JsonElement> FindObjects(this JsonElement json, string property) => json.ValueKind switch
    {
        JsonValueKind.Object => (json.TryGetProperty(property, out _) ? [json] : Enumerable.Empty<JsonElement>())
            .Concat(json.EnumerateObject().SelectMany(field => field.Value.FindObjects(property))),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(item => item.FindObjects(property)),
        _ => [],
    };
}
