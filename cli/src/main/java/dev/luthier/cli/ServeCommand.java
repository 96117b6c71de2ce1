package dev.luthier.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.UsageException;
import dev.luthier.format.ByteSize;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineAdapter;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import dev.luthier.server.Server;
import dev.luthier.server.ServerSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier serve}: a model and its adapters over HTTP. */
@Command(
    name = "serve",
    description = {
      "Answers as OpenAI's interface does, for a model and any number of adapters over it, and"
          + " shows a page to talk with them. Ctrl-C stops it when what was asked is answered."
    },
    footer = {
      "",
      "Example:",
      "  luthier serve --model my-base --adapter mine=my-adapter",
      "",
      "docs/serve.md says what can be asked."
    })
final class ServeCommand implements Callable<Integer> {
  private static final Duration DRAIN = Duration.ofSeconds(30);

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ServeOptions server = new ServeOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The model's folder, or a .gguf file.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      paramLabel = "NAME=DIR",
      description =
          "An adapter, asked for as the model NAME; may be given several times. Of a .gguf model"
              + " it is a .gguf file, too (luthier export gguf-lora).")
  private Map<String, Path> adapters = new LinkedHashMap<>();

  @Option(
      names = "--any-base",
      description = "Take adapters even if they were trained over another base.")
  private boolean anyBase;

  @Option(
      names = "--max-adapters",
      paramLabel = "N",
      description = "Adapters that may be loaded at a time; 16 by default.")
  private Optional<Integer> maxAdapters = Optional.empty();

  @Option(
      names = "--max-running",
      paramLabel = "N",
      description = "Texts that are written together; 64 by default. Others wait.")
  private Optional<Integer> maxRunning = Optional.empty();

  @Option(
      names = "--max-queue",
      paramLabel = "N",
      description = "Texts that may wait; 256 by default. One more is refused with 429.")
  private Optional<Integer> maxQueue = Optional.empty();

  @Option(
      names = "--budget",
      paramLabel = "SIZE",
      description = "Memory for the keys and values of all texts, such as 2GB.")
  private Optional<String> budget = Optional.empty();

  @Option(
      names = "--weights",
      paramLabel = "HOW",
      description =
          "How matrices are held: full (default), in the computing dtype; stored, in the few bits"
              + " that the folder has them in; int8 or int4, rounded, which writes faster.")
  private Optional<EngineSettings.Weights> weights = Optional.empty();

  ServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    EngineSettings engineSettings = engineSettings();
    ServerSettings settings = server.settings(model);
    if (adapters.containsKey(settings.modelName())) {
      throw new UsageException(
          "--adapter "
              + settings.modelName()
              + " has the model's name; give it another, or the model one with --model-name");
    }
    if (settings.apiKeys().isEmpty() && !isLocal(settings.host())) {
      console
          .err()
          .println(
              "warning: everyone who reaches "
                  + settings.host()
                  + " may use this server; --api-key-file asks them for a key");
    }
    BooleanSupplier stop = Interrupts.install(console, "when what was asked is answered");
    // The port first: it is taken or not at once, and a model may take minutes to load.
    try (Server http = Server.start(settings, console.err()::println);
        Engine engine = Engines.open(engineSettings)) {
      http.serve(engine);
      tell(http, engine, settings);
      await(stop);
      http.drain(DRAIN);
    }
    return Program.DONE;
  }

  private EngineSettings engineSettings() {
    if (!machine.device.orElse("cpu").equals("cpu")) {
      throw new UsageException(
          "--device " + machine.device.get() + ": serve runs on the processor; leave it out");
    }
    if (weights.isPresent() && HfFolder.kind(model) == HfFolder.Kind.GGUF) {
      throw new UsageException(
          "--weights "
              + weights.get()
              + ": llama.cpp runs "
              + model
              + " as it is stored; leave it out, or export another type");
    }
    EngineSettings base = EngineSettings.of(model);
    return base.withAdapters(adapters)
        .withWeights(weights.orElse(base.weights()))
        .withDtype(machine.computeDtype().orElse(base.dtype()))
        .withThreads(machine.threads.orElse(base.threads()))
        .withAnyBase(anyBase)
        .withLimits(
            maxRunning.orElse(base.maxRunning()),
            budget.map(size -> ByteSize.parse("--budget", size)).orElse(base.cacheBytes()),
            maxQueue.orElse(base.maxQueue()),
            maxAdapters.orElse(Math.max(adapters.size(), base.maxAdapters())));
  }

  private static boolean isLocal(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static void await(BooleanSupplier stop) {
    try {
      while (!stop.getAsBoolean()) {
        Thread.sleep(50);
      }
    } catch (InterruptedException e) {
      return; // a wish to stop too; what follows waits for answers, and must not be cut short
    }
  }

  private void tell(Server http, Engine engine, ServerSettings settings) {
    List<String> names = engine.adapters().stream().map(EngineAdapter::name).toList();
    if (json.json) {
      ObjectNode out = Json.object();
      out.put("address", http.address().toString()).put("model", settings.modelName());
      names.forEach(out.putArray("adapters")::add);
      console.out().println(out);
      return;
    }
    console
        .out()
        .println(
            "serving "
                + settings.modelName()
                + (names.isEmpty() ? "" : " and over it " + String.join(", ", names)));
    console.out().println("page  " + http.address() + "/");
    console.out().println("try   " + curl(http, engine, settings));
    console.out().println("Ctrl-C stops it.");
  }

  private static String curl(Server http, Engine engine, ServerSettings settings) {
    ObjectNode body = Json.object().put("model", settings.modelName());
    String route;
    if (!engine.writesText()) {
      route = "/v1/embeddings";
      body.put("input", "Hello");
    } else if (engine.language(Optional.empty()).chat().isPresent()) {
      route = "/v1/chat/completions";
      body.putArray("messages").addObject().put("role", "user").put("content", "Hello");
    } else {
      route = "/v1/completions";
      body.put("prompt", "Hello");
    }
    return "curl "
        + http.address()
        + route
        + " -H 'Content-Type: application/json'"
        + (settings.apiKeys().isEmpty() ? "" : " -H 'Authorization: Bearer KEY'")
        + " -d '"
        + body.toString().replace("'", "'\\''")
        + "'";
  }
}
