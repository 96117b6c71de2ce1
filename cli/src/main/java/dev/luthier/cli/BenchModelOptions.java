package dev.luthier.cli;

import dev.luthier.recipe.bench.PublishedShape;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a benchmark runs on. */
final class BenchModelOptions {
  @Option(
      names = "--shape",
      paramLabel = "NAME",
      description = "llama-85m, tinyllama-1.1b, llama-3.2-1b or llama-7b.")
  private Optional<String> shape = Optional.empty();

  @Option(names = "--model", paramLabel = "DIR", description = "Or a model's folder.")
  Optional<Path> model = Optional.empty();

  Optional<PublishedShape> shape() {
    return shape.map(PublishedShape::named);
  }
}
