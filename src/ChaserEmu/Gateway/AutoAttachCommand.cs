using System.Text.Json;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>The command <c>Target.setAutoAttach</c> over a connection to the browser. It says which new targets the client pauses.</summary>
internal static class AutoAttachCommand
{
    /// <summary>Returns the types of new targets that the client pauses from now on.</summary>
    public static TargetTypes GetPausedTypes(JsonElement command)
    {
        if (!command.TryGetProperty("params", out var parameters) || !IsTrue(parameters, "autoAttach") || !IsTrue(parameters, "waitForDebuggerOnStart")) return TargetTypes.None;
        if (!parameters.TryGetProperty("filter", out var filter) || filter.ValueKind is not JsonValueKind.Array) return TargetTypes.All;

        // Puppeteer attaches to tabs, and through each tab to its page.
        return (Includes(filter, "page") || Includes(filter, "tab") ? TargetTypes.Page : TargetTypes.None)
            | (Includes(filter, "shared_worker") ? TargetTypes.SharedWorker : TargetTypes.None)
            | (Includes(filter, "service_worker") ? TargetTypes.ServiceWorker : TargetTypes.None);
    }

    /// <summary>Returns whether a filter includes a type: the first entry for the type, or for all types, decides.</summary>
    private static bool Includes(JsonElement filter, string type)
    {
        foreach (var entry in filter.EnumerateArray())
        {
            if (entry.ValueKind is not JsonValueKind.Object) return false;
            if (!entry.TryGetProperty("type", out var entryType) || (entryType.ValueKind is JsonValueKind.String && entryType.ValueEquals(type))) return !IsTrue(entry, "exclude");
        }

        return false;
    }

    private static bool IsTrue(JsonElement parameters, string name) =>
        parameters.ValueKind is JsonValueKind.Object && parameters.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True;
}
