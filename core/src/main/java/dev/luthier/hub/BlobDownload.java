package dev.luthier.hub;

import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One file of a commit into the cache: in pieces, over several connections, going on where an
 * earlier attempt ended, and checked against the hash that the hub gives before it gets its name.
 */
final class BlobDownload {
  private static final Pattern RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(\\d+|\\*)");
  private static final int MOST_REDIRECTS = 5;

  /** Times that a file which came with other content is fetched again. */
  private static final int MOST_DAMAGED = 8;

  private final HubClient client;
  private final HubCache cache;
  private final HubReference commit;
  private final HubFile file;
  private final ExecutorService connections;

  /** Where the content is, once the hub said so; signed, and valid for a while. */
  private volatile @Nullable URI link;

  /** Bytes that the listener was told of. */
  private final AtomicLong told = new AtomicLong();

  /** The server answers a request for a piece with the whole. */
  private static final class NoRanges extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * @param commit the repository at a commit
   * @param connections run the pieces
   */
  BlobDownload(
      HubClient client,
      HubCache cache,
      HubReference commit,
      HubFile file,
      ExecutorService connections) {
    this.client = client;
    this.cache = cache;
    this.commit = commit;
    this.file = file;
    this.connections = connections;
  }

  private Path incomplete() {
    return beside(".luthier.incomplete");
  }

  private Path journal() {
    return beside(".luthier.pieces");
  }

  private Path beside(String suffix) {
    return cache.blob(file).resolveSibling(file.etag() + suffix);
  }

  /**
   * Fetches it, unless it is there by now.
   *
   * @return whether it was fetched
   * @throws LuthierException when it cannot be had; what has come stays for the next attempt
   */
  boolean run() {
    try (FileGuard guard = FileGuard.hold(cache.lock(file))) {
      if (cache.has(file)) {
        moved(file.size());
        return false;
      }
      Files.createDirectories(cache.blob(file).getParent());
      for (int damaged = 0; !fetched(); damaged++) {
        if (damaged == MOST_DAMAGED) {
          throw new LuthierException(
              name()
                  + " came "
                  + (damaged + 1)
                  + " times with other content than the hub says it has (its hash is to be "
                  + file.etag()
                  + "): is the mirror or proxy at fault?");
        }
        client.listener().waiting(name() + " came damaged; it is fetched again");
      }
      return true;
    } catch (PieceBody.DiskFault e) {
      throw new LuthierException(disk(e.getCause()), e);
    } catch (IOException e) {
      throw new LuthierException(disk(e), e);
    }
  }

  private void moved(long bytes) {
    told.addAndGet(bytes);
    client.listener().moved(bytes);
  }

  private String name() {
    return commit.repo().id() + "/" + file.path();
  }

  private String disk(@Nullable Throwable cause) {
    return cache.blob(file)
        + " cannot be written: "
        + (cause instanceof IOException e ? Reason.of(e) : String.valueOf(cause))
        + String.format(
            Locale.ROOT,
            ". %s needs %,d bytes, and the disk has %,d free. Make room or set HF_HUB_CACHE, then"
                + " repeat the command: what has come is kept.",
            name(),
            file.size(),
            AtomicFile.freeSpace(cache.root()));
  }

  /** Brings all pieces, and gives the file its name if its content is right. */
  private boolean fetched() throws IOException {
    try {
      pieces(client.settings().pieceBytes());
    } catch (NoRanges e) {
      pieces(Math.max(1, file.size()));
    }
    boolean right = file.etagOf(incomplete()).equals(file.etag());
    if (right) {
      Files.move(
          incomplete(),
          cache.blob(file),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
    Files.deleteIfExists(incomplete());
    Files.deleteIfExists(journal());
    return right;
  }

  private void pieces(long pieceBytes) throws IOException {
    moved(-told.get());
    PieceJournal journal = PieceJournal.open(journal(), incomplete(), pieceBytes, file.size());
    try (FileChannel out =
        FileChannel.open(incomplete(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      Tasks running = new Tasks(connections);
      for (long from = 0, n = 0; from < file.size(); from += pieceBytes, n++) {
        long start = from;
        long end = Math.min(from + pieceBytes, file.size());
        long number = n;
        if (journal.has(n)) {
          moved(end - start);
        } else {
          running.add(
              () -> {
                piece(out, start, end);
                journal.add(number);
                return number;
              });
        }
      }
      running.join();
    }
  }

  /** Brings the bytes from start to end. */
  private void piece(FileChannel out, long start, long end) {
    URI resolve =
        client.address(
            commit.repo().page()
                + "/resolve/"
                + HubClient.quotedWhole(commit.revision())
                + "/"
                + HubClient.quoted(file.path()));
    Patience patience =
        new Patience(client.settings().retries(), client.listener(), HubClient.shown(resolve));
    AtomicLong at = new AtomicLong(start);
    URI signed = link;
    URI address = signed == null ? resolve : signed;
    int redirects = 0;
    while (at.get() < end) {
      long before = at.get();
      Http.Outcome<Optional<CappedBody.Text>> outcome = ask(address, out, start, at, end);
      if (at.get() > before) {
        patience.progressed();
      }
      if (at.get() == end) {
        return;
      }
      Optional<URI> moved = outcome.response().flatMap(HubClient::location);
      if (moved.isPresent() && redirects < MOST_REDIRECTS) {
        redirects++;
        address = moved.get();
        if (!client.isHub(address)) {
          link = address;
        }
        continue;
      }
      redirects = 0;
      boolean elsewhere = !client.isHub(address);
      if (outcome.response().isPresent()) {
        HttpResponse<Optional<CappedBody.Text>> response = outcome.response().get();
        refuse(response, start, end, elsewhere);
        String problem = problem(response, elsewhere);
        patience.failed(problem, Http.asked(response.headers(), HubClient.shown(address), problem));
      } else {
        patience.failed(outcome.problem(), Optional.empty());
      }
      // A link may have been signed for a while, or lead to a machine that is ill: asked anew.
      link = null;
      address = resolve;
    }
  }

  private Http.Outcome<Optional<CappedBody.Text>> ask(
      URI address, FileChannel out, long start, AtomicLong at, long end) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).header("Accept-Encoding", "identity").GET();
    if (at.get() > 0 || end < file.size()) {
      request.header("Range", "bytes=" + at.get() + "-" + (end - 1));
    }
    return client.once(
        request,
        header -> {
          if (isWhole(header, start, end)) {
            moved(-at.getAndSet(0));
          } else if (!isPiece(header, at.get(), end)) {
            return HttpResponse.BodySubscribers.mapping(
                new CappedBody(1 << 16), text -> Optional.of(text));
          }
          return new PieceBody(
              out,
              at.get(),
              end,
              n -> {
                at.addAndGet(n);
                moved(n);
              });
        },
        at::get);
  }

  /** Whether the whole file follows, and is wanted. */
  private boolean isWhole(HttpResponse.ResponseInfo header, long start, long end) {
    return header.statusCode() == 200
        && start == 0
        && end == file.size()
        && isPlain(header)
        && header.headers().firstValueAsLong("Content-Length").orElse(end) == end;
  }

  private static boolean isPlain(HttpResponse.ResponseInfo header) {
    return header.headers().firstValue("Content-Encoding").orElse("identity").equals("identity");
  }

  /** Whether what follows is the bytes from a place on, and none beyond the end. */
  private boolean isPiece(HttpResponse.ResponseInfo header, long from, long end) {
    Matcher range =
        RANGE.matcher(header.headers().firstValue("Content-Range").map(String::strip).orElse(""));
    return header.statusCode() == 206
        && isPlain(header)
        && range.matches()
        && Long.parseLong(range.group(1)) == from
        && Long.parseLong(range.group(2)) < end
        && (range.group(3).equals("*") || Long.parseLong(range.group(3)) == file.size());
  }

  /**
   * @throws NoRanges when only the whole file is to be had
   * @throws LuthierException when trying again is of no use
   */
  private void refuse(
      HttpResponse<Optional<CappedBody.Text>> response, long start, long end, boolean elsewhere) {
    int status = response.statusCode();
    if (status == 200 && (start > 0 || end < file.size())) {
      throw new NoRanges();
    }
    // A link's host says 403 or 404 when its time is over; the hub itself means it.
    if (!elsewhere && status >= 400 && status != 416 && !Http.passing(status)) {
      throw client
          .refusal()
          .of(
              commit,
              Optional.of(file.path()),
              status,
              response.headers(),
              response.body().map(CappedBody.Text::text).orElse(""));
    }
  }

  private static String problem(
      HttpResponse<Optional<CappedBody.Text>> response, boolean elsewhere) {
    int status = response.statusCode();
    if (status == 200 || status == 206) {
      return response.body().isEmpty()
          ? "the answer ended early"
          : "another range came than was asked for";
    }
    return elsewhere && (status == 401 || status == 403 || status == 404 || status == 410)
        ? "the link that the hub gave is no longer valid (status " + status + ")"
        : "status " + status;
  }
}
