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
    using var response = await clients.CreateClient("browsers").PostAsync("/v1/sessions", null);
    return (int)response.StatusCode switch
    {
        201 => Results.Accepted(),
        402 => Results.Problem("The browser credit is used up.", statusCode: 503),
        _ => Results.Problem("Could not create a browser session.", statusCode: 502),
    };
});
app.Run();
