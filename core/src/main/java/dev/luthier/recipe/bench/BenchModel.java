package dev.luthier.recipe.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.generate.GenerateDefaults;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.tokenizer.BpeTrainer;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerRoles;
import dev.luthier.tokenizer.TokenizerWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A model that is measured: a folder's, or one of a published shape with random weights.
 *
 * @param shape of random weights
 * @param folder or a folder
 */
record BenchModel(Optional<PublishedShape> shape, Optional<Path> folder) {
  /** Of all that is random. */
  static final long SEED = 42;

  /** Its config.json. */
  ObjectNode config() {
    return shape
        .map(PublishedShape::config)
        .orElseGet(() -> ModelLoader.config(folder.orElseThrow()));
  }

  /** Of a model without files a tokenizer of bytes, which has no text for most ids. */
  ModelLanguage language(Path scratch) {
    if (folder.isPresent()) {
      return ModelLanguage.read(folder.get(), Optional.empty(), true);
    }
    tokenizer(scratch);
    return new ModelLanguage(
        Tokenizer.load(scratch),
        Optional.empty(),
        new GenerateDefaults(Set.of(), SamplingSettings.greedy()));
  }

  /** Writes a tokenizer of bytes. */
  static void tokenizer(Path folder) {
    TokenizerRoles roles =
        new TokenizerRoles(
            Optional.empty(), Optional.empty(), Optional.empty(), false, 2048, Optional.empty());
    TokenizerWriter.write(
        new BpeTrainer(256, List.of(), 1).train(Stream.of("text")), roles, folder);
  }

  /** Random ids. */
  int[] prompt(int length, long seed) {
    return new SplittableRandom(seed)
        .ints(length, 0, config().path("vocab_size").asInt())
        .toArray();
  }

  /** What comes of work with a folder for scratch files. */
  static <T> T withScratch(Function<Path, T> work) {
    Path folder;
    try {
      folder = Files.createTempDirectory("luthier-bench");
    } catch (IOException e) {
      throw new LuthierException("cannot make a folder for scratch files: " + e.getMessage(), e);
    }
    try {
      return work.apply(folder);
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      folder.toFile().deleteOnExit(); // what is left of it is small
    }
  }

  /** The middle one. */
  static double median(List<Double> of) {
    return of.stream().sorted().skip(of.size() / 2).findFirst().orElseThrow();
  }
}
