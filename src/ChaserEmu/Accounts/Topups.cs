using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Diagnostics.CodeAnalysis;

namespace ChaserEmu.Accounts;

/// <summary>A payment that waits for its checkout page to be opened.</summary>
internal sealed class Topup(Account account, int amountUsd)
{
    private int _paid;

    public Account Account => account;

    public int AmountUsd => amountUsd;

    public long MicroUsd => amountUsd * 1_000_000L;

    /// <summary>True for the first caller only: a page that is opened twice pays once.</summary>
    public bool TryPay() => Interlocked.Exchange(ref _paid, 1) == 0;

    /// <summary>The payment could not be recorded: the page may be opened again.</summary>
    public void Unpay() => Interlocked.Exchange(ref _paid, 0);
}

/// <summary>The checkouts of this run, each found by an unguessable token.</summary>
internal sealed class Topups
{
    private readonly ConcurrentDictionary<string, Topup> _open = new();

    public string Open(Account account, int amountUsd)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        _open[token] = new Topup(account, amountUsd);
        return token;
    }

    public bool TryFind(string token, [NotNullWhen(true)] out Topup? topup) => _open.TryGetValue(token, out topup);
}
