using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace ChaserEmu.Domain;

/// <summary>A workspace id: <c>ws_</c> and 24 hexadecimal digits. Assumed; the service does not show one.</summary>
internal readonly partial record struct WorkspaceId(string Value)
{
    /// <summary>Returns whether a text is a valid id. State files may contain any <c>ws_</c> and 1–64 URL-safe characters.</summary>
    public static bool IsValid([NotNullWhen(true)] string? text) => text is not null && Pattern().IsMatch(text);

    public override string ToString() => Value;

    [GeneratedRegex(@"\Aws_[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
