using ChaserEmu.Accounts;
using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Accounts;

public sealed class KeyIndexTests
{
    private static readonly WorkspaceId One = new("ws_1");
    private static readonly WorkspaceId Other = new("ws_2");

    private readonly KeyIndex _keys = new();

    [Fact]
    public void A_key_is_found_by_hash_id_and_workspace()
    {
        var first = Add("a", One);
        var second = Add("b", One);
        var foreign = Add("c", Other);
        var used = first with { LastUsedAt = DateTimeOffset.UnixEpoch };
        _keys.Set(used);

        Assert.Same(used, _keys.FindByHash("hash a"));
        Assert.Same(second, _keys.FindById("b"));
        Assert.Null(_keys.FindById("hash b"));
        Assert.Equal([used, second], _keys.InWorkspace(One).OrderBy(key => key.Id));
        Assert.Equal([foreign], _keys.InWorkspace(Other));
        Assert.Empty(_keys.InWorkspace(new("ws_3")));
    }

    [Fact]
    public void Replacing_the_keys_of_a_workspace_keeps_those_of_others()
    {
        var kept = Add("a", One);
        Add("b", One);
        var foreign = Add("c", Other);

        _keys.Replace(One, [kept]);

        Assert.Equal([kept], _keys.InWorkspace(One));
        Assert.Null(_keys.FindById("b"));
        Assert.Null(_keys.FindByHash("hash b"));
        Assert.Same(foreign, _keys.FindById("c"));
    }

    private ApiKey Add(string id, WorkspaceId workspace)
    {
        var key = new ApiKey { Id = id, Workspace = workspace, Name = "", Prefix = "", Hash = "hash " + id, TestMode = true, CreatedAt = default };
        _keys.Set(key);
        return key;
    }
}
