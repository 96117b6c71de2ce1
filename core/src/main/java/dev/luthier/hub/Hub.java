package dev.luthier.hub;

import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.stream.Collectors;

/** The Hugging Face Hub, or a mirror of it, seen through the cache on this machine. */
public final class Hub {
  private final HubClient client;
  private final HubTree tree;
  private final HubSettings settings;
  private final HubCache.Linker linker;

  /** Nothing is asked before a method is called. */
  public Hub(HubSettings settings, TransferListener listener) {
    this(settings, listener, (link, target) -> Files.createSymbolicLink(link, target));
  }

  Hub(HubSettings settings, TransferListener listener, HubCache.Linker linker) {
    this.client = new HubClient(settings, listener);
    this.tree = new HubTree(client);
    this.settings = settings;
    this.linker = linker;
  }

  /**
   * Files of a repository from the cache, without any request if they are all there; else they are
   * downloaded. What a branch or tag stands for is what it stood for when it was last pulled.
   *
   * @throws LuthierException when they are not there and cannot be had
   */
  public Snapshot resolve(HubReference reference, FileChoice choice) {
    return cached(reference, choice)
        .orElseGet(
            () -> {
              HubCache cache = cache(reference.repo());
              return cache
                  .commit(reference.revision())
                  .map(commit -> download(cache, reference, commit, choice))
                  .orElseGet(() -> pull(reference, choice));
            });
  }

  /** Files of a repository, if the cache has them all. */
  public Optional<Snapshot> cached(HubReference reference, FileChoice choice) {
    HubCache cache = cache(reference.repo());
    Optional<String> commit = cache.commit(reference.revision());
    if (commit.isEmpty()) {
      return Optional.empty();
    }
    Path folder = cache.snapshot(commit.get());
    Optional<List<HubFile>> listing = cache.listing(commit.get());
    if (listing.isEmpty()) {
      boolean whole =
          reference.repo().kind() == HubRepo.Kind.MODEL
              && reference.files().isEmpty()
              && StoredModel.isWhole(folder);
      return whole
          ? Optional.of(new Snapshot(folder, reference.repo(), commit.get(), List.of()))
          : Optional.empty();
    }
    List<HubFile> wanted = choice.of(listing.get());
    return !wanted.isEmpty() && wanted.stream().allMatch(f -> cache.has(commit.get(), f))
        ? Optional.of(new Snapshot(folder, reference.repo(), commit.get(), wanted))
        : Optional.empty();
  }

  /**
   * Asks the hub what the revision stands for now, and downloads what of it is not there.
   *
   * @throws LuthierException when it cannot be had; what has come stays for the next attempt
   */
  public Snapshot pull(HubReference reference, FileChoice choice) {
    HubCache cache = cache(reference.repo());
    String commit =
        HubReference.isCommit(reference.revision()) ? reference.revision() : tree.commit(reference);
    Snapshot snapshot = download(cache, reference, commit, choice);
    cache.remember(reference.revision(), commit);
    return snapshot;
  }

  private HubCache cache(HubRepo repo) {
    return new HubCache(settings.cache(), repo, linker);
  }

  private List<HubFile> listing(HubCache cache, HubReference at) {
    Optional<List<HubFile>> known = cache.listing(at.revision());
    if (known.isPresent()) {
      return known.get();
    }
    List<HubFile> all = tree.files(at);
    cache.remember(at.revision(), all);
    return all;
  }

  private Snapshot download(
      HubCache cache, HubReference reference, String commit, FileChoice choice) {
    HubReference at = reference.at(commit);
    List<HubFile> all = listing(cache, at);
    List<HubFile> wanted = choice.of(all);
    if (wanted.isEmpty()) {
      throw new LuthierException(
          reference
              + reference.files().map(f -> ":" + f).orElse("")
              + ": none of its "
              + all.size()
              + " files is wanted; it has "
              + all.stream().limit(20).map(HubFile::path).toList());
    }
    List<HubFile> lacking =
        wanted.stream()
            .filter(f -> !cache.has(f))
            .collect(Collectors.toMap(HubFile::etag, f -> f, (a, b) -> a, LinkedHashMap::new))
            .values()
            .stream()
            .sorted(Comparator.comparingLong(HubFile::size).reversed().thenComparing(HubFile::path))
            .toList();
    if (!lacking.isEmpty()) {
      fetch(cache, at, lacking);
    }
    wanted.forEach(file -> cache.link(commit, file));
    return new Snapshot(cache.snapshot(commit), reference.repo(), commit, wanted);
  }

  private void fetch(HubCache cache, HubReference at, List<HubFile> lacking) {
    long bytes = lacking.stream().mapToLong(HubFile::size).sum();
    room(bytes, at, cache.root());
    client
        .listener()
        .begin(at.repo().id() + "@" + at.revision().substring(0, 7), lacking.size(), bytes);
    ExecutorService connections = Tasks.threads(settings.connections(), "luthier-hub-pieces");
    ExecutorService files = Tasks.threads(settings.connections(), "luthier-hub-files");
    try {
      Tasks tasks = new Tasks(files);
      for (HubFile file : lacking) {
        tasks.add(() -> new BlobDownload(client, cache, at, file, connections).run());
      }
      tasks.join();
    } catch (IOException e) {
      throw new LuthierException(at + " cannot be downloaded: " + Reason.of(e), e);
    } finally {
      files.shutdownNow();
      connections.shutdownNow();
    }
  }

  /** What interrupted attempts left is counted as not there: a little too careful. */
  private static void room(long bytes, HubReference at, Path where) {
    long free = AtomicFile.freeSpace(where);
    if (bytes > free) {
      throw new LuthierException(
          String.format(
              Locale.ROOT,
              "%s needs %,d bytes in %s, and the disk has %,d free: make room, or set HF_HUB_CACHE"
                  + " to a folder on another disk",
              at.repo().id(),
              bytes,
              where,
              free));
    }
  }

  /**
   * Copies a snapshot's files into a folder, as files of their own.
   *
   * @throws LuthierException when one cannot be written
   */
  public static void copy(Snapshot snapshot, Path to) {
    room(
        snapshot.bytes(),
        new HubReference(snapshot.repo(), snapshot.commit(), Optional.empty()),
        to);
    for (HubFile file : snapshot.files()) {
      Path target = to.resolve(file.path());
      try {
        Files.createDirectories(target.toAbsolutePath().getParent());
        AtomicFile.copy(snapshot.folder().resolve(file.path()), target);
      } catch (IOException e) {
        throw new LuthierException(target + " cannot be written: " + Reason.of(e), e);
      }
    }
  }
}
