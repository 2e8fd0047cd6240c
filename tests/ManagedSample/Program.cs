using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;

// A small program that brings code into itself in every way there is. Each line of its input is one command; it answers "done" to each.
//   bytes NAME          loads an assembly of that name from bytes
//   file PATH           writes an assembly to PATH and loads it
//   emit NAME           makes an assembly in memory, with Reflection.Emit
//   regex               compiles a regular expression, as harmless programs do
//   threads COUNT       loads COUNT assemblies on each of four threads, which take turns
//   work COUNT          allocates and hashes COUNT times, and answers the milliseconds that it took
Console.WriteLine("ready");
while (Console.ReadLine() is { } line)
{
    var words = line.Split(' ', 2);
    var answer = "done";
    switch (words[0])
    {
        case "bytes":
            using (var image = new MemoryStream())
            {
                Make(words[1]).Save(image);
                Call(Assembly.Load(image.ToArray()));
            }

            break;
        case "file":
            Make(Path.GetFileNameWithoutExtension(words[1])).Save(words[1]);
            Call(Assembly.LoadFrom(words[1]));
            break;
        case "emit":
            var emitted = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(words[1]), AssemblyBuilderAccess.Run);
            Fill(emitted.DefineDynamicModule(words[1]));
            Call(emitted);
            break;
        case "regex":
            answer = new Regex("a+b", RegexOptions.Compiled).IsMatch("xaab").ToString();
            break;
        case "threads":
            LoadInTurns(int.Parse(words[1]));
            break;
        case "work":
            var started = Environment.TickCount64;
            for (var i = int.Parse(words[1]); i > 0; i--)
                _ = System.Security.Cryptography.SHA256.HashData(new byte[1024]);
            answer = (Environment.TickCount64 - started).ToString();
            break;
    }

    Console.WriteLine(answer);
}

static PersistedAssemblyBuilder Make(string name)
{
    var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
    Fill(assembly.DefineDynamicModule(name));
    return assembly;
}

static void Fill(ModuleBuilder module)
{
    var type = module.DefineType("Payload", TypeAttributes.Public);
    var method = type.DefineMethod("Answer", MethodAttributes.Public | MethodAttributes.Static, typeof(int), []);
    var code = method.GetILGenerator();
    code.Emit(OpCodes.Ldc_I4, 42);
    code.Emit(OpCodes.Ret);
    type.CreateType();
}

static void Call(Assembly assembly) => assembly.GetType("Payload")!.GetMethod("Answer")!.Invoke(null, null);

static void LoadInTurns(int count)
{
    using var turn = new Barrier(4);
    var threads = Enumerable.Range(0, turn.ParticipantCount).Select(t => new Thread(() =>
    {
        for (var i = 0; i < count; i++)
        {
            using var image = new MemoryStream();
            Make($"Turn{t}.Payload{i}").Save(image);
            Call(Assembly.Load(image.ToArray()));
            turn.SignalAndWait();
        }
    })).ToList();
    threads.ForEach(thread => thread.Start());
    threads.ForEach(thread => thread.Join());
}
