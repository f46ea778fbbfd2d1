using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Accounts;

/// <summary>A top-up, paid when its checkout page is opened.</summary>
internal sealed class Topup(Account account, int amountUsd)
{
    private int _paid;

    public Account Account => account;

    public int AmountUsd => amountUsd;

    public long AmountMicroUsd => amountUsd * 1_000_000L;

    /// <summary>Marks the top-up as paid. Returns false if it was already: a page that is opened twice pays once.</summary>
    public bool TryMarkPaid() => Interlocked.Exchange(ref _paid, 1) == 0;

    /// <summary>Undoes <see cref="TryMarkPaid"/> after a failed write, so that the page can be opened again.</summary>
    public void MarkUnpaid() => Interlocked.Exchange(ref _paid, 0);
}

/// <summary>Holds the top-ups of this run in memory, each under a random token.</summary>
internal sealed class TopupRegistry(RandomSource random) : IResettable
{
    private readonly ConcurrentDictionary<string, Topup> _topups = new();

    public string Create(Account account, int amountUsd)
    {
        Span<byte> bytes = stackalloc byte[24];
        random.Fill("checkout", bytes);
        var token = Base64Url.EncodeToString(bytes);
        _topups[token] = new Topup(account, amountUsd);
        return token;
    }

    public void Reset(WorkspaceId? workspace)
    {
        foreach (var (token, topup) in _topups)
        {
            if (workspace is null || topup.Account.Workspace == workspace) _topups.TryRemove(token, out _);
        }
    }

    public bool TryFind(string token, [NotNullWhen(true)] out Topup? topup) => _topups.TryGetValue(token, out topup);
}
