package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** Puts the verbs together, and turns what they throw into one line and an exit code. */
@Command(
    name = "luthier",
    description = "Fine-tunes large language models on the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "Example:",
      "  luthier sft --model my-base --data rows.jsonl --output my-adapter",
      "",
      "luthier VERB --help explains a verb."
    })
final class Program {
  /** Done. */
  static final int DONE = 0;

  /** The work failed. */
  static final int FAILED = 1;

  /** A flag, setting or combination of them that cannot be meant. */
  static final int WRONG_USE = 2;

  /** Stopped by Ctrl-C, with the work saved. */
  static final int INTERRUPTED = 130;

  private Program() {}

  /** Returns the command line with every verb that there is. */
  static CommandLine commandLine(Console console) {
    CommandLine line = new CommandLine(new Program());
    line.addSubcommand("demo", new DemoCommand(console));
    line.addSubcommand("sft", new SftCommand(console));
    line.addSubcommand("dpo", new DpoCommand(console));
    line.addSubcommand("kto", new KtoCommand(console));
    line.addSubcommand("orpo", new OrpoCommand(console));
    line.addSubcommand("simpo", new SimpoCommand(console));
    line.addSubcommand("cpo", new CpoCommand(console));
    CommandLine reward = new CommandLine(new RewardCommand(console));
    reward.addSubcommand("score", new RewardScoreCommand(console));
    line.addSubcommand("reward", reward);
    line.addSubcommand("grpo", new GrpoCommand(console));
    line.addSubcommand("rloo", new RlooCommand(console));
    line.addSubcommand("ppo", new PpoCommand(console));
    line.addSubcommand("train-classifier", new TrainClassifierCommand(console));
    line.addSubcommand("classify", new ClassifyCommand(console));
    line.addSubcommand("plan", new PlanCommand(console));
    line.addSubcommand("pretrain", new PretrainCommand(console));
    line.addSubcommand("fuse", new FuseCommand(console));
    line.addSubcommand("check-adapter", new CheckAdapterCommand(console));
    line.addSubcommand("quantize", new QuantizeCommand(console));
    line.addSubcommand("imatrix", new ImatrixCommand(console));
    CommandLine export = new CommandLine(new ExportCommand());
    export.addSubcommand("gguf", new ExportGgufCommand(console));
    export.addSubcommand("gguf-lora", new ExportGgufLoraCommand(console));
    export.addSubcommand("hf", new ExportHfCommand(console));
    export.addSubcommand("ollama", new ExportOllamaCommand(console));
    line.addSubcommand("export", export);
    line.addSubcommand("tokenize", new TokenizeCommand(console));
    line.addSubcommand("generate", new GenerateCommand(console));
    line.addSubcommand("chat", new ChatCommand(console));
    line.addSubcommand("serve", new ServeCommand(console));
    line.addSubcommand("fill-mask", new FillMaskCommand(console));
    line.addSubcommand("evaluate", new EvaluateCommand(console));
    line.addSubcommand("perplexity", new PerplexityCommand(console));
    line.addSubcommand("logits", new LogitsCommand(console));
    CommandLine template = new CommandLine(new TemplateCommand());
    template.addSubcommand("render", new TemplateRenderCommand(console));
    line.addSubcommand("template", template);
    CommandLine data = new CommandLine(new DataCommand());
    data.addSubcommand("check", new DataCheckCommand(console));
    data.addSubcommand("prepare", new DataPrepareCommand(console));
    data.addSubcommand("show", new DataShowCommand(console));
    data.addSubcommand("diff", new DataDiffCommand(console));
    data.addSubcommand("preview", new DataPreviewCommand(console));
    data.addSubcommand("generate", new DataGenerateCommand(console));
    line.addSubcommand("data", data);
    CommandLine bench = new CommandLine(new BenchCommand());
    bench.addSubcommand("step", new BenchStepCommand(console));
    bench.addSubcommand("serve", new BenchServeCommand(console));
    bench.addSubcommand("rollout", new BenchRolloutCommand(console));
    line.addSubcommand("bench", bench);
    line.addSubcommand("pull", new PullCommand(console));
    line.addSubcommand("push", new PushCommand(console));
    line.addSubcommand("inspect", new InspectCommand(console));
    line.addSubcommand("config", new ConfigCommand(console));
    line.addSubcommand("doctor", new DoctorCommand(console));
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    // A prompt may begin with @.
    line.setExpandAtFiles(false);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionStrategy(new HubInputs(console)::resolveAndRun);
    line.setParameterExceptionHandler((e, args) -> wrongUse(console, e));
    line.setExecutionExceptionHandler((e, failed, parsed) -> failure(console, e));
    return line;
  }

  /** Runs one verb and returns its exit code. */
  static int run(Console console, String... args) {
    try {
      return commandLine(console).execute(args.length == 0 ? new String[] {"--help"} : args);
    } catch (OutOfMemoryError e) {
      console
          .err()
          .println(
              "error: out of memory ("
                  + e.getMessage()
                  + "); see docs/troubleshooting.md#out-of-memory");
      return FAILED;
    } catch (LinkageError e) {
      console
          .err()
          .println(
              "error: the native libraries do not load: "
                  + e
                  + "; see docs/troubleshooting.md#native-library");
      return FAILED;
    }
  }

  private static int wrongUse(Console console, ParameterException e) {
    console.err().println("error: " + e.getMessage());
    console.err().println("See " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    return WRONG_USE;
  }

  private static int failure(Console console, Exception e) {
    if (System.getenv("LUTHIER_DEBUG") != null) {
      e.printStackTrace(console.err());
    }
    if (e instanceof UsageException) {
      console.err().println(error(String.valueOf(e.getMessage())));
      return WRONG_USE;
    }
    if (e instanceof LuthierException) {
      console.err().println(error(String.valueOf(e.getMessage())));
      return FAILED;
    }
    console
        .err()
        .println("error: unexpected " + e + " (set LUTHIER_DEBUG=1 for where it happened)");
    return FAILED;
  }

  /** Several complaints stand below the word, one per line. */
  private static String error(String message) {
    return message.contains("\n") ? "error:\n" + message : "error: " + message;
  }
}
