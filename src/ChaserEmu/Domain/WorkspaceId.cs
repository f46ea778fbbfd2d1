namespace ChaserEmu.Domain;

/// <summary>Names a workspace, the owner of sessions. Its form, <c>ws_</c> and 24 hexadecimal digits, is ours: the service shows none.</summary>
internal readonly record struct WorkspaceId(string Value)
{
    public override string ToString() => Value;
}
