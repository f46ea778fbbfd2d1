using System.Buffers.Binary;
using System.Net.Sockets;

namespace ChaserEmu.Tests;

/// <summary>Makes one end of a connection silent, as a pulled cable does: Linux drops everything that arrives for the socket.</summary>
internal static class VanishedPeer
{
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;
    private const ushort ReturnConstant = 0x06;

    public static unsafe void Vanish(this Socket socket)
    {
        // One BPF instruction: return 0, which accepts no byte of a packet.
        Span<byte> program = stackalloc byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(program, ReturnConstant);
        fixed (byte* instructions = program)
        {
            // struct sock_fprog: the number of instructions, then a pointer to them.
            Span<byte> filter = stackalloc byte[16];
            BinaryPrimitives.WriteUInt16LittleEndian(filter, 1);
            BinaryPrimitives.WriteInt64LittleEndian(filter[8..], (long)instructions);
            socket.SetRawSocketOption(SocketLevel, AttachFilter, filter);
        }
    }
}
