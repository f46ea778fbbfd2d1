using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Accounts;

/// <summary>A payment that waits for its checkout page to be opened.</summary>
internal sealed class Topup(Account account, int amountUsd)
{
    private int _paid;

    public Account Account => account;

    public int AmountUsd => amountUsd;

    public long AmountMicroUsd => amountUsd * 1_000_000L;

    /// <summary>True for the first caller only: a page that is opened twice pays once.</summary>
    public bool TryMarkPaid() => Interlocked.Exchange(ref _paid, 1) == 0;

    /// <summary>The payment could not be recorded: the page may be opened again.</summary>
    public void MarkUnpaid() => Interlocked.Exchange(ref _paid, 0);
}

/// <summary>The checkouts of this run, each found by an unguessable token.</summary>
internal sealed class TopupRegistry(RandomSource chance) : IResettable
{
    private readonly ConcurrentDictionary<string, Topup> _open = new();

    public string Create(Account account, int amountUsd)
    {
        Span<byte> random = stackalloc byte[24];
        chance.Fill("checkout", random);
        var token = Base64Url.EncodeToString(random);
        _open[token] = new Topup(account, amountUsd);
        return token;
    }

    public void Reset(WorkspaceId? workspace)
    {
        foreach (var (token, topup) in _open)
        {
            if (workspace is null || topup.Account.Workspace == workspace) _open.TryRemove(token, out _);
        }
    }

    public bool TryFind(string token, [NotNullWhen(true)] out Topup? topup) => _open.TryGetValue(token, out topup);
}
