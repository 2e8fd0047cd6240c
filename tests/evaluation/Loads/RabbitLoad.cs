using System.Net.Http.Headers;
using System.Text;

namespace Runtime.Evaluation.Loads;

/// <summary>Orders are put into a queue and taken out, by RabbitMQ's HTTP API (rabbitmq_management 3.10, /api).</summary>
internal sealed class RabbitLoad : ILoad
{
    private const string Publish = """{"properties":{},"routing_key":"orders","payload":"one of each","payload_encoding":"string"}""";
    private const string Get = """{"count":5,"ackmode":"ack_requeue_false","encoding":"auto"}""";

    public int Port => 15672;

    public async Task RoundAsync(LoadTarget target, Random random, int round, CancellationToken cancellationToken)
    {
        using var client = target.Node.CreateHttpClient();
        client.Timeout = TimeSpan.FromSeconds(5);
        client.BaseAddress = new Uri($"http://{target.Address}:{Port}/api/");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("guest:guest"u8));
        await SendAsync(HttpMethod.Put, "queues/%2F/orders", """{"durable":true}""");
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(HttpMethod.Post, "exchanges/%2F/amq.default/publish", Publish);
            if (random.Next(2) == 0)
            {
                await SendAsync(HttpMethod.Post, "queues/%2F/orders/get", Get);
            }

            await Task.Delay(random.Next(50, 200), cancellationToken);
        }

        async Task SendAsync(HttpMethod method, string path, string body)
        {
            using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            using var answer = await client.SendAsync(request, cancellationToken);
            answer.EnsureSuccessStatusCode();
        }
    }
}
