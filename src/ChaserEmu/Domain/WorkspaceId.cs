using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace ChaserEmu.Domain;

/// <summary>Names a workspace, the owner of sessions. Its form, <c>ws_</c> and 24 hexadecimal digits, is ours: the service shows none.</summary>
internal readonly partial record struct WorkspaceId(string Value)
{
    /// <summary>Whether a text can be one: <c>ws_</c> and 1–64 url-safe characters, as by hand in a state file.</summary>
    public static bool IsValid([NotNullWhen(true)] string? text) => text is not null && Form().IsMatch(text);

    public override string ToString() => Value;

    [GeneratedRegex(@"\Aws_[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
