using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ChaserEmu.Domain;

/// <summary>
/// Redacts secrets in text that is stored, logged or shown: API keys are replaced by their prefix, the tokens of live views and checkouts by "…".
/// Secrets are also found if some of their characters are escaped for JSON or for URLs, up to <see cref="MaxLayers"/> times. All other
/// characters stay as they are.
/// </summary>
internal static partial class SecretRedactor
{
    /// <summary>How many layers of escapes are decoded. Each costs a pass over the text, and a hostile text could have thousands.</summary>
    private const int MaxLayers = 8;

    private static readonly SearchValues<char> Escapes = SearchValues.Create('\\', '%');

    /// <summary>Every secret contains one of these, and most texts contain none: a cheap test before the regular expression.</summary>
    private static readonly SearchValues<string> Markers = SearchValues.Create(["cha_", "token=", "/checkout/"], StringComparison.Ordinal);

    public static string Redact(string text)
    {
        List<(int Start, int End, string Replacement)>? secrets = null;
        var layer = new Layer(text, null);
        for (var depth = 0; ; depth++)
        {
            if (layer.Text.AsSpan().ContainsAny(Markers)) (secrets ??= []).AddRange(Find(layer));
            if (depth == MaxLayers || !layer.TryDecode(out var decoded)) break;
            layer = decoded;
        }

        return secrets is null ? text : Replace(text, secrets);
    }

    private static IEnumerable<(int Start, int End, string Replacement)> Find(Layer layer) => Secrets().Matches(layer.Text).Select(secret =>
    {
        var (before, key) = (secret.Groups["before"], secret.Groups["key"]);
        var replacement = key.Success && ApiKeySecret.TryParse(key.Value, out var parsed) ? parsed.ToString() : "…";
        return (layer.GetSource(secret.Index + before.Length), layer.GetSource(secret.Index + secret.Length), replacement);
    });

    /// <summary>Replaces the secrets. A secret that several layers contain was found several times; the last layer shows all of it.</summary>
    private static string Replace(string text, List<(int Start, int End, string Replacement)> secrets)
    {
        var result = new StringBuilder(text.Length);
        var copied = 0;
        (int Start, int End, string Replacement)? current = null;
        foreach (var next in secrets.OrderBy(secret => secret.Start))
        {
            if (current is { } overlapped && next.Start < overlapped.End)
            {
                current = (overlapped.Start, Math.Max(overlapped.End, next.End), next.End >= overlapped.End ? next.Replacement : overlapped.Replacement);
                continue;
            }

            Write();
            current = next;
        }

        Write();
        return result.Append(text, copied, text.Length - copied).ToString();

        void Write()
        {
            if (current is not { } secret) return;
            result.Append(text, copied, secret.Start - copied).Append(secret.Replacement);
            copied = secret.End;
        }
    }

    [GeneratedRegex(@"(?<key>cha_(live|test)_[A-Za-z0-9_-]+)|(?<before>[?&]token=)[^&""\s]+|(?<before>/checkout/)[A-Za-z0-9_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Secrets();

    /// <summary>The text after some decoding. <paramref name="sources"/> has the position in the original text of each character, and of the end.</summary>
    private sealed class Layer(string text, int[]? sources)
    {
        public string Text => text;

        public int GetSource(int position) => sources?[position] ?? position;

        /// <summary>Decodes one layer of JSON and percent escapes. Returns false if there are none.</summary>
        public bool TryDecode(out Layer decoded)
        {
            decoded = this;
            if (!text.AsSpan().ContainsAny(Escapes)) return false;
            var characters = new StringBuilder(text.Length);
            var positions = new List<int>(text.Length + 1);
            for (var i = 0; i < text.Length;)
            {
                var (character, length) = Decode(text.AsSpan(i));
                characters.Append(character);
                positions.Add(GetSource(i));
                i += length;
            }

            if (characters.Length == text.Length) return false;
            positions.Add(GetSource(text.Length));
            decoded = new Layer(characters.ToString(), [.. positions]);
            return true;
        }

        private static (char Character, int Length) Decode(ReadOnlySpan<char> rest) => rest switch
        {
            ['\\', 'u', ..] when TryParse(rest, 2, 4, out var character) => (character, 6),
            ['%', ..] when TryParse(rest, 1, 2, out var character) => (character, 3),
            ['\\', '\\' or '"' or '/', ..] => (rest[1], 2),
            ['\\', 'b' or 'f' or 'n' or 'r' or 't', ..] => (' ', 2),
            _ => (rest[0], 1),
        };

        private static bool TryParse(ReadOnlySpan<char> text, int start, int length, out char character)
        {
            character = default;
            if (text.Length < start + length || !int.TryParse(text.Slice(start, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) return false;
            character = (char)code;
            return true;
        }
    }
}
