using System.Reflection;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Tests.Http;

public sealed class ApiErrorStatusTests
{
    public static TheoryData<string> Codes => [.. ApiError.Codes];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_error_code_has_an_error_status(string code) => Assert.InRange(new ApiError(code, "").GetStatus(), 400, 599);

    [Fact]
    public void Every_error_has_a_known_code() => Assert.All(
        typeof(ApiError).GetFields(BindingFlags.Static | BindingFlags.Public).Select(field => field.GetValue(null)).OfType<ApiError>(),
        error => Assert.Contains(error.Code, ApiError.Codes));

    [Fact]
    public void The_errors_that_always_name_a_time_to_retry_are_those_with_status_429() =>
        Assert.Equal(ApiError.Catalogue.Where(error => error.GetStatus() == 429), ApiError.Catalogue.Where(error => error.IsLimitReached));
}
