using ChaserEmu.Benchmarks;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Peers;

// The benchmark, or one of its servers, which it starts as processes of their own so that they do not share its threads.
return args switch
{
    _ when FakeBrowser.IsRequestedBy(args) => FakeBrowser.Run(args),
    ["origin"] => OriginServer.Run(),
    ["plain-yarp", var target] => await PlainYarp.RunAsync(target),
    _ => BenchmarkRunner.Run(args),
};
