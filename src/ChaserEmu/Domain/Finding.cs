namespace ChaserEmu.Domain;

/// <summary>The result of a check, from good to bad.</summary>
internal enum CheckResult
{
    /// <summary>The check passed.</summary>
    Ok,

    /// <summary>The emulator works, with a limitation.</summary>
    Note,

    /// <summary>The emulator cannot start, or cannot run sessions.</summary>
    Bad,
}

/// <summary>One finding of <c>chaseremu doctor</c>.</summary>
/// <param name="Result">The result.</param>
/// <param name="Subject">What was checked.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do; null if nothing needs to be done.</param>
internal sealed record Finding(CheckResult Result, string Subject, string Detail, string? Fix = null);
