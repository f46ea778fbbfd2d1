using ChaserEmu.Testing;

// A test starts this program and kills it: it starts an emulator, prints its address and waits.
await using var emulator = await ChaserEmulator.StartAsync();
Console.WriteLine(emulator.Address);
await Console.In.ReadToEndAsync();
