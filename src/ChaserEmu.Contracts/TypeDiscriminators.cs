using System.Reflection;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>Reads the names of the records of a polymorphic type.</summary>
internal static class TypeDiscriminators
{
    /// <summary>Returns the discriminator of each derived type that the attributes of <paramref name="type"/> list.</summary>
    public static IReadOnlyDictionary<Type, string> Read(Type type) =>
        type.GetCustomAttributes<JsonDerivedTypeAttribute>().ToDictionary(kind => kind.DerivedType, kind => (string)kind.TypeDiscriminator!);
}
