package dev.luthier.data.prepared;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.tokenizer.ChatTemplates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes a prepared set: its splits side by side, then the manifest, all in a folder beside the
 * target that takes its name when it is whole. Whatever goes wrong, nothing is left.
 *
 * <pre>{@code
 * PreparedWriter.write(
 *     target,
 *     new Manifest.About(Kind.SFT, settings, encodedWith),
 *     set -> {
 *       SplitWriter train = set.split("train");
 *       train.row(0, 1, json);
 *       train.document(Part.TEXT, tokens);
 *       set.finish("train", facts);
 *       return new Manifest.Origin(sources, stages);
 *     });
 * }</pre>
 */
public final class PreparedWriter {
  private final Path folder;
  private final Manifest.About about;
  private final Map<String, SplitWriter> open = new LinkedHashMap<>();
  private final Map<String, Manifest.Split> finished = new TreeMap<>();

  private PreparedWriter(Path folder, Manifest.About about) {
    this.folder = folder;
    this.about = about;
  }

  /** Fills a set. */
  public interface Content {
    /**
     * Writes the splits, and finishes each.
     *
     * @throws IOException the disk refuses
     */
    Manifest.Origin write(PreparedWriter set) throws IOException;
  }

  /**
   * Writes a set.
   *
   * @param target a folder that is not there, is empty, or holds the same set already
   * @throws UsageException something else is there
   * @throws LuthierException it cannot be written, or there is another set; what else the content
   *     throws comes through
   */
  public static Manifest write(Path target, Manifest.About about, Content content) {
    checkFree(target);
    Manifest[] made = new Manifest[1];
    AtomicFile.writeFolder(
        target,
        folder -> {
          PreparedWriter set = new PreparedWriter(folder, about);
          try {
            set.template();
            Manifest.Origin origin = content.write(set);
            made[0] = set.manifest(origin);
          } finally {
            set.open.values().forEach(SplitWriter::abandon);
          }
          checkSame(target, made[0]);
          Json.write(folder.resolve(ManifestJson.FILE), made[0].json());
        });
    return made[0];
  }

  /**
   * Refuses a target that holds anything but a prepared set, before any work is done.
   *
   * @throws UsageException it does
   */
  public static void checkFree(Path target) {
    if (Files.exists(target) && !PreparedSet.isOne(target) && !isEmptyFolder(target)) {
      throw new UsageException(
          target + " is already there and is no prepared set: name another folder");
    }
  }

  private static boolean isEmptyFolder(Path path) {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isEmpty();
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static void checkSame(Path target, Manifest made) {
    if (PreparedSet.isOne(target)) {
      String there = PreparedSet.hashOf(target);
      if (!there.equals(made.hash())) {
        throw new LuthierException(
            target
                + " holds another set ("
                + there
                + ") than the one that was prepared ("
                + made.hash()
                + "), and stays as it is: name another folder, or remove it");
      }
    }
  }

  /**
   * Begins a split. Several may be open at a time.
   *
   * @throws UsageException not a name for a split
   * @throws IOException the disk refuses
   */
  public SplitWriter split(String name) throws IOException {
    SplitFiles.checkName(name);
    if (open.containsKey(name) || finished.containsKey(name)) {
      throw new IllegalStateException("the split " + name + " was begun before");
    }
    SplitWriter writer = new SplitWriter(folder, name, about.encodedWith());
    open.put(name, writer);
    return writer;
  }

  /**
   * Ends a split: packs its documents if the set is packed.
   *
   * @throws IOException the disk refuses
   */
  public Manifest.Split finish(String name, SplitFacts facts) throws IOException {
    SplitWriter writer = open.get(name);
    if (writer == null) {
      throw new IllegalStateException("the split " + name + " is not open");
    }
    Manifest.Split split = writer.finish(facts);
    open.remove(name);
    finished.put(name, split);
    return split;
  }

  /** The chat template that rows were rendered with goes along, where it is not the model's own. */
  private void template() {
    EncodedWith with = about.encodedWith();
    ChatTemplates.source(with.template())
        .ifPresent(
            source -> {
              if (!Hashes.text(source).equals(with.templateHash())) {
                throw new LuthierException(
                    "the chat template " + with.template() + " was changed meanwhile");
              }
              AtomicFile.writeText(folder.resolve(HfFolder.CHAT_TEMPLATE), source);
            });
  }

  /** A further file of the folder, which is no part of the set's version. */
  public Path extra(String name) {
    return folder.resolve(name);
  }

  private Manifest manifest(Manifest.Origin origin) {
    if (!open.isEmpty()) {
      throw new IllegalStateException("not finished: " + Set.copyOf(open.keySet()));
    }
    return new Manifest(about, origin, new TreeMap<>(finished));
  }
}
