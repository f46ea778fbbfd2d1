using ChaserEmu.Benchmarks;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Peers;

// Runs the benchmark, or one of its servers. Servers run as separate processes so that they do not share threads with the load generator.
return args switch
{
    _ when FakeBrowser.IsRequestedBy(args) => FakeBrowser.Run(args),
    ["origin"] => OriginServer.Run(),
    ["plain-yarp", var target] => await PlainYarp.RunAsync(target),
    _ => BenchmarkRunner.Run(args),
};
