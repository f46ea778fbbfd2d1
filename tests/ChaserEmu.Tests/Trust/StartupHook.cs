using System.Runtime.InteropServices;

#pragma warning disable CA1050 // .NET requires this name and no namespace: docs/design/features/host-startup-hook.md in dotnet/runtime.
/// <summary>Disables the system call <c>splice</c> in the process that loads it (DOTNET_STARTUP_HOOKS), with a seccomp filter.</summary>
internal static partial class StartupHook
{
    private const ushort LoadWord = 0x20, JumpIfEqual = 0x15, Return = 0x06;
    private const uint Allow = 0x7fff0000, Refuse = 0x00050000, InvalidArgument = 22;
    private const int NoNewPrivileges = 38, SetFilter = 1, OfAllThreads = 1;

    public static unsafe void Initialize()
    {
        var (seccomp, splice) = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? (277, 76u) : (317, 275u);
        var filter = stackalloc Instruction[]
        {
            new(LoadWord, 0, 0, 0),
            new(JumpIfEqual, 0, 1, splice),
            new(Return, 0, 0, Refuse | InvalidArgument),
            new(Return, 0, 0, Allow),
        };
        var program = new Program(4, filter);
        if (Prctl(NoNewPrivileges, 1, 0, 0, 0) != 0 || Syscall(seccomp, SetFilter, OfAllThreads, &program) != 0)
            throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Prctl(int option, nuint two, nuint three, nuint four, nuint five);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Syscall(nint number, nuint one, nuint two, void* three);

    private readonly record struct Instruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Operand);

    private readonly unsafe struct Program(ushort length, Instruction* instructions)
    {
        public readonly ushort Length = length;
        public readonly Instruction* Instructions = instructions;
    }
}
