using System.Net.Http.Headers;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddHttpClient("browsers", (services, client) =>
{
    var settings = services.GetRequiredService<IConfiguration>().GetSection("Browsers");
    client.BaseAddress = new Uri(settings["Url"]!);
    client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", settings["Key"]);
});

var app = builder.Build();
app.MapPost("/reports", async (IHttpClientFactory clients) =>
{
    using var answer = await clients.CreateClient("browsers").PostAsync("/v1/sessions", null);
    return (int)answer.StatusCode switch
    {
        201 => Results.Accepted(),
        402 => Results.Problem("We are out of browser credit.", statusCode: 503),
        _ => Results.Problem("No browser can be had.", statusCode: 502),
    };
});
app.Run();
