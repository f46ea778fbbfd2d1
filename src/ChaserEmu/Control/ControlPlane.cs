namespace ChaserEmu.Control;

/// <summary><c>/_emu</c>: what a test can do here and never with the service.</summary>
internal static class ControlPlane
{
    public static void MapControlPlane(this IEndpointRouteBuilder app)
    {
        var control = app.MapGroup("/_emu").ExcludeFromDescription();
        control.MapClock();
        control.MapInspection();
        control.MapFaults();
    }
}
