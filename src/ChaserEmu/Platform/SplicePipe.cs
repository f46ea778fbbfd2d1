using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChaserEmu.Platform;

/// <summary>
/// A pipe through which Linux hands the bytes of one socket to another, without a copy for this process (<c>splice</c>). Nothing here waits:
/// .NET has both sockets set so from the first time that they are awaited.
/// </summary>
internal sealed partial class SplicePipe : IDisposable
{
    /// <summary>What the system gives to anyone who asks for more than the usual 64 KB.</summary>
    private const int Size = 1024 * 1024;

    private static volatile bool _works = OperatingSystem.IsLinux();

    private readonly SafeFileHandle _read;
    private readonly SafeFileHandle _write;
    private int _length;

    private SplicePipe(SafeFileHandle read, SafeFileHandle write) => (_read, _write) = (read, write);

    /// <summary>False on other systems, and once this one has refused to splice a socket.</summary>
    public static bool IsSupported => _works;

    /// <summary>Null where none works, or there is none of this size to be had.</summary>
    public static SplicePipe? TryOpen()
    {
        if (!IsSupported || CreatePipe(out var ends, Flags.CloseOnExec | Flags.NonBlocking) != 0) return null;
        var pipe = new SplicePipe(new SafeFileHandle(ends.Read, ownsHandle: true), new SafeFileHandle(ends.Write, ownsHandle: true));
        if (Control(pipe._write, Flags.SetPipeSize, Size) >= Size) return pipe;
        pipe.Dispose();
        return null;
    }

    /// <summary>Takes what a socket has: how many bytes, 0 at its end, null when there is nothing for now.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public int? Fill(Socket from)
    {
        var taken = Splice(from.SafeHandle, _write, Size);
        _length += taken ?? 0;
        return taken;
    }

    /// <summary>Gives a socket all there is; false when it does not take it all for now.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public bool Drain(Socket to)
    {
        while (_length > 0)
        {
            if (Splice(_read, to.SafeHandle, _length) is not { } given) return false;
            _length -= given;
        }

        return true;
    }

    /// <summary>Takes some of it out, to be passed on in another way.</summary>
    public int Read(Span<byte> buffer)
    {
        var read = Read(_read, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
        if (read < 0) throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        _length -= (int)read;
        return (int)read;
    }

    public void Dispose()
    {
        _read.Dispose();
        _write.Dispose();
    }

    private static int? Splice(SafeHandle from, SafeHandle to, int most)
    {
        while (true)
        {
            var moved = Splice(from, 0, to, 0, (nuint)most, Flags.Move | Flags.DoNotWait);
            if (moved >= 0) return (int)moved;
            switch (Marshal.GetLastPInvokeError())
            {
                case Errors.TryAgain:
                    return null;
                case Errors.Interrupted:
                    continue;
                case Errors.InvalidArgument or Errors.NotImplemented or Errors.NotPermitted:
                    _works = false;
                    return null;
                case var error:
                    throw new SocketException((int)SocketError.ConnectionReset, Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "pipe2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreatePipe(out Ends ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Splice(SafeHandle from, nint fromOffset, SafeHandle to, nint toOffset, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(SafeFileHandle from, ref byte buffer, nuint length);

    private struct Ends
    {
        public int Read;
        public int Write;
    }

    private static class Flags
    {
        public const int NonBlocking = 0x800;
        public const int CloseOnExec = 0x80000;
        public const int SetPipeSize = 1031;
        public const uint Move = 1;
        public const uint DoNotWait = 2;
    }

    private static class Errors
    {
        public const int NotPermitted = 1;
        public const int Interrupted = 4;
        public const int TryAgain = 11;
        public const int InvalidArgument = 22;
        public const int NotImplemented = 38;
    }
}
