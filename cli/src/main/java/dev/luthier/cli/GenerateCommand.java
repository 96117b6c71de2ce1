package dev.luthier.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.UsageException;
import dev.luthier.data.ModelInput;
import dev.luthier.data.PromptEncoder;
import dev.luthier.format.Json;
import dev.luthier.generate.GenerateListener;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generation;
import dev.luthier.generate.Generator;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.generate.json.JsonConstraints;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier generate}: continues one prompt, or every row of a file. */
@Command(
    name = "generate",
    description = {
      "Answers a prompt or a conversation, or every row of a file. The text is printed as it comes."
    },
    footer = {
      "",
      "Example:",
      "  luthier generate --model my-base --adapter my-adapter --prompt \"Who are you?\"",
      "  luthier generate --model my-base --input asked.jsonl --output answers.jsonl"
    })
final class GenerateCommand implements Callable<Integer> {
  private static final int BATCH_SIZE = 8;

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "What the user says; without a chat template, the text to continue.")
  private Optional<String> prompt = Optional.empty();

  @Option(
      names = "--messages",
      paramLabel = "FILE",
      description = "JSON: a list of messages, or an object with messages and tools.")
  private Optional<Path> messages = Optional.empty();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "JSONL: rows with prompt or messages, or rows as sft takes them.")
  private Optional<Path> input = Optional.empty();

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "With --input: the rows, with text, tokens, prompt_tokens and stop_reason.")
  private Optional<Path> output = Optional.empty();

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "With --input: rows at a time; " + BATCH_SIZE + " by default.")
  private Optional<Integer> batchSize = Optional.empty();

  @Option(
      names = "--json-schema",
      paramLabel = "FILE",
      description = "Write JSON that is valid under this JSON schema, and nothing else.")
  private Optional<Path> schema = Optional.empty();

  @Option(names = "--raw", description = "Continue prompts as they stand, without chat template.")
  private boolean raw;

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    check();
    ModelLanguage language = model.writing(raw);
    GenerateSettings settings = sampling.settings(language.defaults().sampling());
    PromptEncoder prompts =
        new PromptEncoder(ModelInput.of(model.model, language.tokenizer()), language.chat());
    if (input.isPresent()) {
      batch(prompts, settings, language);
    } else {
      one(prompts, settings, language);
    }
    return Program.DONE;
  }

  private void check() {
    if (Stream.of(prompt, messages, input).filter(Optional::isPresent).count() != 1) {
      throw new UsageException("say exactly one of --prompt, --messages and --input");
    }
    if (input.isPresent() != output.isPresent()) {
      throw new UsageException("--input and --output belong together: say both");
    }
    if (batchSize.isPresent() && input.isEmpty()) {
      throw new UsageException("--batch-size is for --input; leave it out");
    }
    if (batchSize.orElse(1) < 1) {
      throw new UsageException("--batch-size is " + batchSize.get() + "; use 1 or more");
    }
    if (raw && messages.isPresent()) {
      throw new UsageException("--messages needs the chat template that --raw leaves out");
    }
  }

  private void one(PromptEncoder prompts, GenerateSettings settings, ModelLanguage language) {
    int[] ids =
        prompt.map(prompts::encode).orElseGet(() -> PromptFiles.read(messages.get(), prompts));
    Optional<TokenConstraint> form = constraints(language).get();
    Generator generator = model.generator(machine, language, console);
    GenerateListener listener = (request, id, text) -> console.out().print(text);
    Generation generation =
        generator.generate(
            new GenerateRequest(ids, settings, form),
            json.json ? GenerateListener.NONE : listener,
            () -> false);
    if (json.json) {
      console.json(fields(generation));
    } else {
      console.out().println();
    }
  }

  private void batch(PromptEncoder prompts, GenerateSettings settings, ModelLanguage language) {
    BatchFile file = BatchFile.read(input.get(), prompts);
    file.checkOutput(output.get());
    Supplier<Optional<TokenConstraint>> form = constraints(language);
    Generator generator = model.generator(machine, language, console);
    file.check(generator.model().shape().maxPositions(), settings.exceedContext());
    List<GenerateRequest> requests =
        file.rows().stream()
            .map(row -> new GenerateRequest(row.prompt(), settings, form.get()))
            .toList();
    CountProgress progress = new CountProgress(console);
    int[] done = {0};
    List<Generation> generations =
        generator.generate(
            requests,
            batchSize.orElse(BATCH_SIZE),
            new GenerateListener() {
              @Override
              public void token(int request, int id, String text) {
                // Texts of several rows cannot be shown as they come.
              }

              @Override
              public void ended(int request, Generation generation) {
                progress.at("answers", ++done[0], requests.size());
              }
            },
            () -> false);
    file.write(output.get(), generations.stream().map(GenerateCommand::fields).toList());
    int tokens = generations.stream().mapToInt(g -> g.tokens().length).sum();
    if (json.json) {
      Map<String, Object> summary = new LinkedHashMap<>();
      summary.put("output", output.get().toString());
      summary.put("rows", requests.size());
      summary.put("tokens", tokens);
      console.json(summary);
    } else {
      console.err().printf("wrote %s: %d rows, %d tokens%n", output.get(), requests.size(), tokens);
    }
  }

  /** One for each text, of the schema that was given. */
  private Supplier<Optional<TokenConstraint>> constraints(ModelLanguage language) {
    if (schema.isEmpty()) {
      return Optional::empty;
    }
    ObjectNode form = Json.read(schema.get());
    JsonConstraints constraints =
        new JsonConstraints(language.tokenizer(), language.defaults().stopIds());
    constraints.schema(form); // what cannot be kept to is said before the model is loaded
    return () -> Optional.of(constraints.schema(form));
  }

  private static Map<String, Object> fields(Generation generation) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("text", generation.text());
    fields.put("tokens", generation.tokens());
    fields.put("prompt_tokens", generation.promptTokens());
    fields.put("stop_reason", generation.stopReason().toString());
    return fields;
  }
}
