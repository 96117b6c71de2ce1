package dev.luthier.recipe.generate;

import dev.luthier.LuthierException;
import dev.luthier.data.synthetic.Ask;
import dev.luthier.data.synthetic.Augment;
import dev.luthier.data.synthetic.Candidate;
import dev.luthier.data.synthetic.DocumentChunks;
import dev.luthier.data.synthetic.Draft;
import dev.luthier.data.synthetic.Paraphrase;
import dev.luthier.data.synthetic.QuestionAnswer;
import dev.luthier.data.synthetic.Rejection;
import dev.luthier.data.synthetic.SeedReader;
import dev.luthier.data.synthetic.SeedTask;
import dev.luthier.data.synthetic.SelfInstruct;
import dev.luthier.data.synthetic.SyntheticTask;
import dev.luthier.data.synthetic.Validator;
import dev.luthier.format.Hashes;
import dev.luthier.hub.ApiKey;
import dev.luthier.hub.Message;
import dev.luthier.hub.Reply;
import dev.luthier.hub.RequestRefused;
import dev.luthier.hub.TextWriter;
import dev.luthier.hub.WriteRequest;
import dev.luthier.tensor.Seeds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Asks a writer for rows until there are enough, and keeps those that pass.
 *
 * <p>With P requests under way at a time, request n is made when the answer to request n - P has
 * been judged, from what was kept up to there and nothing later, and answers are judged in the
 * order of their requests. So which of them comes first over the network does not matter, and a run
 * that was interrupted goes on with the same requests: with a writer that repeats itself it gives
 * the same bytes as one that was not. Answers that came before their turn when a run stopped are
 * written down and judged when it goes on.
 */
public final class DataGenerate {
  /** A writer that refuses more requests in a row refuses them all. */
  private static final int REFUSED_IN_A_ROW = 3;

  /** The reason that such requests are counted under. */
  private static final String BY_WRITER = "writer";

  private final DataGenerateSettings settings;
  private final SyntheticTask task;
  private final Validator validator;
  private final Journal journal;
  private final TextWriter writer;
  private final Rows lines;

  /** Totals after each request. */
  private final List<Totals> history = new ArrayList<>();

  /** Rows kept; empty where no request builds on them. */
  private final List<SeedTask> kept = new ArrayList<>();

  private DataGenerate(
      DataGenerateSettings settings,
      SyntheticTask task,
      Journal journal,
      TextWriter writer,
      String hash) {
    this.settings = settings;
    this.task = task;
    this.validator = settings.validate().validator(task);
    this.journal = journal;
    this.writer = writer;
    this.lines = new Rows(settings, hash, writer);
    journal.outcomes(this::count);
  }

  /**
   * Begins a run, or goes on with the one that the output belongs to.
   *
   * @param key what an endpoint wants to see, unless the settings name a file that has it
   * @param interrupted asked before each request
   * @param progress hears of each answer
   * @throws LuthierException when the writer gives up; what was kept until then stays
   */
  public static DataGenerateResult run(
      DataGenerateSettings settings,
      Optional<ApiKey> key,
      BooleanSupplier interrupted,
      GenerateProgress progress) {
    return run(
        settings,
        name -> Writers.open(settings.writer(), key, name, progress::waiting),
        interrupted,
        progress);
  }

  /** The same with a writer of one's own, made from what a local model would be called. */
  static DataGenerateResult run(
      DataGenerateSettings settings,
      Function<String, TextWriter> writers,
      BooleanSupplier interrupted,
      GenerateProgress progress) {
    Optional<DocumentChunks> documents = documents(settings);
    SyntheticTask task = task(settings, documents);
    Map<String, Object> identity = Identity.of(settings, documents);
    try (Journal journal = Journal.open(settings.output(), identity)) {
      TextWriter writer = writers.apply(Identity.model(identity));
      String hash = Hashes.text(Journal.json(identity)).substring(0, 16);
      return new DataGenerate(settings, task, journal, writer, hash).run(interrupted, progress);
    }
  }

  /** The first request that a run would send. */
  public static String firstPrompt(DataGenerateSettings settings) {
    return task(settings, documents(settings)).ask(0, List.of()).prompt();
  }

  private static Optional<DocumentChunks> documents(DataGenerateSettings s) {
    return s.documents().map(root -> new DocumentChunks(root, s.ask().chunkChars()));
  }

  private static SyntheticTask task(DataGenerateSettings s, Optional<DocumentChunks> documents) {
    AskSettings ask = s.ask();
    List<SeedTask> seeds = s.seeds().map(SeedReader::read).orElse(List.of());
    return switch (s.task()) {
      case SELF_INSTRUCT ->
          new SelfInstruct(seeds, ask.seedTasks(), ask.keptTasks(), ask.tasks(), s.seed());
      case PARAPHRASE -> new Paraphrase(seeds, ask.wordings(), ask.passes());
      case AUGMENT -> new Augment(seeds, ask.changes(), ask.passes());
      case QA ->
          new QuestionAnswer(
              documents.orElseThrow(), ask.questions(), ask.withPassage(), ask.passes());
    };
  }

  /** A request under way. */
  private record Flight(int request, Ask ask, Future<Optional<Reply>> reply) {}

  private DataGenerateResult run(BooleanSupplier interrupted, GenerateProgress progress) {
    Totals before = after(history.size() - 1);
    AtomicBoolean done = new AtomicBoolean();
    BooleanSupplier stop = () -> done.get() || interrupted.getAsBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(writer.parallel(), DataGenerate::thread);
    Deque<Flight> flights = new ArrayDeque<>();
    int next = history.size();
    Optional<End> end = enough();
    try {
      while (end.isEmpty()) {
        while (flights.size() < writer.parallel() && last(next, interrupted).isEmpty()) {
          flights.add(send(next++, threads, stop));
        }
        end = flights.isEmpty() ? last(next, interrupted) : land(flights.remove(), progress);
      }
    } finally {
      done.set(true);
      hold(flights, end);
      threads.shutdownNow();
    }
    return new DataGenerateResult(end.get(), after(history.size() - 1), before);
  }

  /**
   * Writes down the answers to requests whose turn has not come. Those under way are waited for,
   * unless the rows are complete.
   */
  private void hold(Deque<Flight> flights, Optional<End> end) {
    for (Flight flight : flights) {
      if (end.isEmpty() || end.get() != End.ROWS || flight.reply().isDone()) {
        try {
          flight.reply().get().ifPresent(reply -> journal.hold(flight.request(), reply));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
          // It is asked again when the run goes on, and fails again if it must.
        }
      }
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "writer");
    thread.setDaemon(true);
    return thread;
  }

  private Flight send(int request, ExecutorService threads, BooleanSupplier stop) {
    int seen = Math.min(kept.size(), after(request - writer.parallel()).rows());
    Ask ask = task.ask(request, kept.subList(0, seen));
    WriterSettings w = settings.writer();
    WriteRequest what =
        new WriteRequest(
            List.of(Message.user(ask.prompt())),
            w.maxNewTokens(),
            w.temperature(),
            w.topP(),
            Seeds.mix(settings.seed(), request) >>> 1);
    Optional<Reply> held = journal.held(request);
    return new Flight(
        request, ask, threads.submit(() -> held.isPresent() ? held : writer.write(what, stop)));
  }

  /** Waits for an answer, judges it and writes it down. */
  private Optional<End> land(Flight flight, GenerateProgress progress) {
    try {
      Optional<Reply> reply = flight.reply().get();
      if (reply.isEmpty()) {
        return Optional.of(End.INTERRUPTED);
      }
      judge(flight, reply.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(End.INTERRUPTED);
    } catch (ExecutionException e) {
      pass(flight, e);
    }
    progress.answered(after(flight.request()));
    return enough();
  }

  /**
   * Goes on without a request that alone has failed.
   *
   * @throws LuthierException when others would fail, too
   */
  private void pass(Flight flight, ExecutionException failure) {
    if (!(failure.getCause() instanceof LuthierException cause)) {
      throw new IllegalStateException(failure);
    }
    int before = history.size() - 1;
    boolean alone =
        cause instanceof RequestRefused
            && before >= 0
            && refusedByWriter(before) - refusedByWriter(before - REFUSED_IN_A_ROW)
                < REFUSED_IN_A_ROW;
    if (!alone) {
      throw stopped(cause);
    }
    Rejection why = new Rejection(BY_WRITER, String.valueOf(cause.getMessage()));
    int request = flight.request();
    Journal.Outcome outcome =
        new Journal.Outcome(request, 0, 0, List.of(), Map.of(why.reason(), 1));
    String line = lines.refused(Candidate.of("", "", ""), request, why);
    journal.add(outcome, List.of(), List.of(line));
    remember(outcome);
  }

  private int refusedByWriter(int request) {
    return after(request).refused().getOrDefault(BY_WRITER, 0);
  }

  private LuthierException stopped(LuthierException cause) {
    if (history.isEmpty()) {
      return cause;
    }
    int rows = after(history.size() - 1).rows();
    return new LuthierException(
        cause.getMessage() + "\n" + rows + " rows are kept; the same command goes on.", cause);
  }

  private void judge(Flight flight, Reply reply) {
    int request = flight.request();
    int rowsBefore = after(request - 1).rows();
    List<Candidate> passed = new ArrayList<>();
    List<String> keptLines = new ArrayList<>();
    List<String> refusedLines = new ArrayList<>();
    Map<String, Integer> refused = new TreeMap<>();
    for (Draft draft : flight.ask().reader().read(reply.text(), reply.truncated())) {
      Candidate candidate = draft.candidate();
      Optional<Rejection> why =
          draft
              .fault()
              .or(() -> validator.judge(candidate))
              .or(() -> surplus(rowsBefore + passed.size()));
      if (why.isPresent()) {
        refused.merge(why.get().reason(), 1, Integer::sum);
        refusedLines.add(lines.refused(candidate, request, why.get()));
      } else {
        validator.kept(candidate);
        passed.add(candidate.alone());
        keptLines.add(lines.kept(candidate, request, flight.ask()));
      }
    }
    Journal.Outcome outcome =
        new Journal.Outcome(
            request, reply.promptTokens(), reply.completionTokens(), passed, refused);
    journal.add(outcome, keptLines, refusedLines);
    remember(outcome);
    if (settings.budget().tokens() > 0 && reply.tokens() == 0) {
      throw stopped(
          new LuthierException(
              writer.name()
                  + " does not say how many tokens it reads and writes, so --max-tokens would end"
                  + " nothing: bound the run by --max-requests or --rows"));
    }
  }

  private Optional<Rejection> surplus(int rows) {
    int most = settings.budget().rows();
    return most > 0 && rows >= most
        ? Optional.of(new Rejection("surplus", "--rows " + most + " were there already"))
        : Optional.empty();
  }

  /** Counts a request of an earlier run. */
  private void count(Journal.Outcome outcome) {
    outcome.kept().forEach(validator::kept);
    remember(outcome);
  }

  private void remember(Journal.Outcome outcome) {
    if (task.grows()) {
      for (Candidate c : outcome.kept()) {
        String source = settings.output().getFileName() + "#" + (kept.size() + 1);
        kept.add(new SeedTask(source, c.instruction(), c.input(), c.output()));
      }
    }
    history.add(after(history.size() - 1).plus(outcome));
  }

  private Totals after(int request) {
    return request < 0 ? Totals.NONE : history.get(request);
  }

  /** Why no answer is waited for any more. */
  private Optional<End> enough() {
    BudgetSettings budget = settings.budget();
    int rows = after(history.size() - 1).rows();
    if (budget.rows() > 0 && rows >= budget.rows()) {
      return Optional.of(End.ROWS);
    }
    boolean patient =
        history.size() < budget.patience()
            || after(history.size() - 1 - budget.patience()).rows() < rows;
    return patient ? Optional.empty() : Optional.of(End.PATIENCE);
  }

  /**
   * Why a request is not sent. The tokens are those of requests that are answered when it would be
   * sent, whenever that is.
   */
  private Optional<End> last(int request, BooleanSupplier interrupted) {
    BudgetSettings budget = settings.budget();
    if (task.requests().isPresent() && request >= task.requests().getAsInt()) {
      return Optional.of(End.SOURCES);
    }
    if (budget.requests() > 0 && request >= budget.requests()) {
      return Optional.of(End.REQUESTS);
    }
    int judged = Math.min(request - writer.parallel(), history.size() - 1);
    if (budget.tokens() > 0 && after(judged).tokens() >= budget.tokens()) {
      return Optional.of(End.TOKENS);
    }
    return interrupted.getAsBoolean() ? Optional.of(End.INTERRUPTED) : Optional.empty();
  }
}
