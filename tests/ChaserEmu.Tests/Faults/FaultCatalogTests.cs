using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ChaserEmu.Faults;

namespace ChaserEmu.Tests.Faults;

/// <summary>A new effect is one contract record, one file and one registration. No other code names an effect.</summary>
public sealed class FaultCatalogTests
{
    public static TheoryData<string> Effects => new(Types.Keys);

    private static Dictionary<string, Type> Types =>
        typeof(FaultEffect).GetCustomAttributes<JsonDerivedTypeAttribute>().ToDictionary(effect => (string)effect.TypeDiscriminator!, effect => effect.DerivedType);

    [Theory]
    [MemberData(nameof(Effects))]
    public void An_effect_of_the_contract_is_registered_and_has_the_interface_of_its_site(string type)
    {
        var effect = (FaultEffect)RuntimeHelpers.GetUninitializedObject(Types[type]);

        var fault = FaultCatalog.Create(effect);

        Assert.Equal(type, effect.Kind);
        Assert.IsAssignableFrom(
            fault.Site switch
            {
                FaultSite.Rest => typeof(IRestFault),
                FaultSite.Provisioning => typeof(IProvisioningFault),
                FaultSite.Browser => typeof(IBrowserFault),
                FaultSite.Tunnel => typeof(ITunnelFault),
                _ => typeof(IEgressFault),
            },
            fault);
    }

    [Theory]
    [MemberData(nameof(Effects))]
    public void Only_its_own_file_and_the_catalog_name_an_effect(string type)
    {
        var record = Types[type].Name;
        var folder = Path.Combine(Repository.Root, "src", "ChaserEmu");
        var files = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Regex.IsMatch(Path.GetRelativePath(folder, file), @"^(bin|obj)[\\/]") && Regex.IsMatch(File.ReadAllText(file), $@"\b{record}\b"))
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'));

        Assert.Equal([$"Faults/{record[..^"Fault".Length]}.cs", "Faults/FaultCatalog.cs"], files.Order(StringComparer.Ordinal).OrderBy(file => file == "Faults/FaultCatalog.cs"));
    }
}
