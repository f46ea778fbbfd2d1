namespace ChaserEmu.Egress;

/// <summary>The reply codes of a SOCKS5 proxy (RFC 1928, section 6).</summary>
internal enum SocksReply : byte
{
    Succeeded = 0x00,
    GeneralFailure = 0x01,
    NotAllowed = 0x02,
    NetworkUnreachable = 0x03,
    HostUnreachable = 0x04,
    ConnectionRefused = 0x05,
    CommandNotSupported = 0x07,
    AddressTypeNotSupported = 0x08,
}
