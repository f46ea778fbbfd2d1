using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using ChaserEmu.Time;

namespace ChaserEmu.Accounts;

/// <summary>A top-up, paid on its checkout page.</summary>
internal sealed class Topup(Account account, int amountUsd)
{
    public Account Account => account;

    public int AmountUsd => amountUsd;

    public long AmountMicroUsd => amountUsd * 1_000_000L;

    /// <summary>Gets or sets whether the amount is credited.</summary>
    public bool IsPaid { get; set; }
}

/// <summary>The result of paying a top-up.</summary>
/// <param name="Topup">The top-up, which is paid now.</param>
/// <param name="IsRepeated">Whether it was paid before. Then nothing was credited.</param>
internal sealed record Payment(Topup Topup, bool IsRepeated);

/// <summary>Holds the top-ups of this run in memory, each under a random token.</summary>
internal sealed class TopupRegistry(AccountStore store, AuditLog audit, RandomSource random, EmulatedClock clock) : IResettable, IDisposable
{
    private readonly ConcurrentDictionary<string, Topup> _topups = new();
    private readonly SemaphoreSlim _payLock = new(1, 1);

    /// <summary>Creates a top-up and returns its token. Returns <c>unauthorized</c> if an imported state does not contain the workspace.</summary>
    public Task<(string? Token, ApiError? Error)> CreateAsync(Account account, int amountUsd) => account.RunOutsideResetAsync<(string?, ApiError?)>(() =>
    {
        if (account.IsRemoved) return Task.FromResult<(string?, ApiError?)>((null, ApiError.Unauthorized));
        Span<byte> bytes = stackalloc byte[24];
        random.Fill("checkout", bytes);
        var token = Base64Url.EncodeToString(bytes);
        _topups[token] = new Topup(account, amountUsd);
        return Task.FromResult<(string?, ApiError?)>((token, null));
    });

    /// <summary>
    /// Credits a top-up to its workspace, once. Balance and audit event are one write: if it fails, the top-up can be paid again. Returns
    /// null if there is no top-up with this token.
    /// </summary>
    public async Task<Payment?> PayAsync(string token) =>
        _topups.TryGetValue(token, out var topup) ? await topup.Account.RunOutsideResetAsync(() => PayInsideAsync(token, topup)) : null;

    /// <summary>Returns the top-up with this token, paid or not; null if there is none.</summary>
    public Topup? Find(string token) => _topups.GetValueOrDefault(token);

    public void Reset(WorkspaceId? workspace)
    {
        foreach (var (token, topup) in _topups)
        {
            if (workspace is null || topup.Account.Workspace == workspace) _topups.TryRemove(token, out _);
        }
    }

    public void Dispose() => _payLock.Dispose();

    private async Task<Payment?> PayInsideAsync(string token, Topup topup)
    {
        await _payLock.WaitAsync();
        try
        {
            // A reset may have removed it in the meantime.
            if (!_topups.ContainsKey(token)) return null;
            if (topup.IsPaid) return new Payment(topup, IsRepeated: true);
            var credited = new AuditEvent(0, topup.Account.Workspace, clock.GetUtcNow(), "billing.credited", null, topup.AmountMicroUsd.ToString(CultureInfo.InvariantCulture));
            await store.CreditAsync(topup.Account.Workspace, topup.AmountMicroUsd, credited);
            topup.IsPaid = true;
            topup.Account.AddToBalance(topup.AmountMicroUsd);
            audit.NotifyFollowers(topup.Account.Workspace);
            return new Payment(topup, IsRepeated: false);
        }
        finally
        {
            _payLock.Release();
        }
    }
}
