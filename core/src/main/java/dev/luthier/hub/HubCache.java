package dev.luthier.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One repository's part of the cache, laid out as Python's huggingface_hub does, which shares it:
 *
 * <pre>
 * models--org--name/blobs/ETAG                  contents, by their hash
 * models--org--name/refs/main                   the commit that a branch was at when it was pulled
 * models--org--name/snapshots/COMMIT/PATH       links to blobs; copies where there are no links
 * models--org--name/listings/COMMIT.json        ours: what the commit has, to know what is lacking
 * .locks/models--org--name/ETAG.lock            held while a blob is written
 * </pre>
 */
final class HubCache {
  /** Makes a link. */
  interface Linker {
    void link(Path link, Path target) throws IOException;
  }

  private final Path root;
  private final Path folder;
  private final Path locks;
  private final Linker linker;

  HubCache(Path root, HubRepo repo, Linker linker) {
    this.root = root;
    this.folder = root.resolve(repo.folder());
    this.locks = root.resolve(".locks").resolve(repo.folder());
    this.linker = linker;
  }

  /** The folder that all repositories share. */
  Path root() {
    return root;
  }

  Path blob(HubFile file) {
    return folder.resolve("blobs").resolve(file.etag());
  }

  Path lock(HubFile file) {
    return locks.resolve(file.etag() + ".lock");
  }

  Path snapshot(String commit) {
    return folder.resolve("snapshots").resolve(commit);
  }

  /** The commit that a revision stood for when it was last pulled, or the commit that it is. */
  Optional<String> commit(String revision) {
    if (HubReference.isCommit(revision)) {
      return Optional.of(revision);
    }
    Path ref = ref(revision);
    if (!Files.isRegularFile(ref)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(ref).strip()).filter(HubReference::isCommit);
    } catch (IOException e) {
      throw new LuthierException(ref + " cannot be read: " + Reason.of(e), e);
    }
  }

  /** Records what a revision stands for. A commit stands for itself. */
  void remember(String revision, String commit) {
    if (!revision.equals(commit) && !commit(revision).equals(Optional.of(commit))) {
      writeText(ref(revision), commit);
    }
  }

  private Path ref(String revision) {
    return folder.resolve("refs").resolve(revision);
  }

  /** What a commit has, if it was listed before. */
  Optional<List<HubFile>> listing(String commit) {
    return Json.readIfThere(listingFile(commit)).map(json -> files(json.path("files")));
  }

  /** Records what a commit has. */
  void remember(String commit, List<HubFile> files) {
    ObjectNode json = Json.object();
    ArrayNode all = json.putArray("files");
    for (HubFile file : files) {
      ObjectNode entry = all.addObject();
      entry.put("path", file.path()).put("size", file.size()).put("oid", file.oid());
      file.sha256().ifPresent(sha -> entry.putObject("lfs").put("oid", sha));
    }
    writeText(listingFile(commit), Json.pretty(json));
  }

  private Path listingFile(String commit) {
    return folder.resolve("listings").resolve(commit + ".json");
  }

  /** Files as the hub lists them; folders are left out. */
  static List<HubFile> files(JsonNode tree) {
    List<HubFile> out = new ArrayList<>();
    for (JsonNode entry : tree) {
      if (entry.path("type").asText("file").equals("file")) {
        JsonNode sha = entry.at("/lfs/oid");
        out.add(
            new HubFile(
                entry.path("path").asText(),
                entry.path("size").asLong(-1),
                entry.path("oid").asText(),
                sha.isTextual()
                    ? Optional.of(sha.asText().replaceFirst("^sha256:", ""))
                    : Optional.empty()));
      }
    }
    return out;
  }

  private static void writeText(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new LuthierException(file.getParent() + " cannot be created: " + Reason.of(e), e);
    }
    AtomicFile.writeText(file, text);
  }

  /** Whether a blob is there; one of another size is a stranger's, and is written again. */
  boolean has(HubFile file) {
    return isWhole(blob(file), file);
  }

  /** Whether a commit's file is there. */
  boolean has(String commit, HubFile file) {
    return isWhole(snapshot(commit).resolve(file.path()), file);
  }

  private static boolean isWhole(Path path, HubFile file) {
    try {
      return Files.isRegularFile(path) && Files.size(path) == file.size();
    } catch (IOException e) {
      return false;
    }
  }

  /** Puts a blob into a commit's folder, under its path. */
  void link(String commit, HubFile file) {
    Path link = snapshot(commit).resolve(file.path());
    if (isWhole(link, file)) {
      return;
    }
    try {
      Path in = Objects.requireNonNull(link.getParent());
      Files.createDirectories(in);
      Files.deleteIfExists(link);
      try {
        linker.link(link, in.relativize(blob(file)));
      } catch (UnsupportedOperationException | IOException e) {
        if (!(e instanceof FileAlreadyExistsException)) {
          copy(blob(file), link);
        }
      }
    } catch (IOException e) {
      throw new LuthierException(link + " cannot be written: " + Reason.of(e), e);
    }
  }

  /** Some file systems have no links, and Windows allows them to few. */
  private static void copy(Path blob, Path to) throws IOException {
    Path half = Files.createTempFile(blob.getParent(), "copy-", ".incomplete");
    try {
      Files.copy(blob, half, StandardCopyOption.REPLACE_EXISTING);
      Files.move(half, to, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(half);
    }
  }
}
