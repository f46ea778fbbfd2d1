using System.Diagnostics;
using ChaserEmu.Domain;
using OpenTelemetry;

namespace ChaserEmu.Operations;

/// <summary>Redacts secrets in the tags of spans before they are exported: the path of a request can contain a checkout token or a key.</summary>
internal sealed class RedactingProcessor : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        foreach (var (name, value) in data.TagObjects.ToList())
        {
            if (value is string text && SecretRedactor.Redact(text) is var redacted && redacted != text) data.SetTag(name, redacted);
        }
    }
}
