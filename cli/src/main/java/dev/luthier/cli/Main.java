package dev.luthier.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The {@code luthier} program. */
public final class Main {
  private Main() {}

  /** Runs one verb and exits with its code: 0 done, 1 failed, 2 wrong use, 130 interrupted. */
  public static void main(String[] args) {
    // UTF-8 whatever the locale: ids and templates must survive a pipe.
    PrintStream out = utf8(new FileOutputStream(FileDescriptor.out));
    PrintStream err = utf8(new FileOutputStream(FileDescriptor.err));
    int code = Program.run(new Console(out, err, tty("stdout"), tty("stderr")), args);
    out.flush();
    err.flush();
    System.exit(code);
  }

  private static PrintStream utf8(OutputStream stream) {
    return new PrintStream(stream, true, StandardCharsets.UTF_8);
  }

  /** Java cannot ask which of its streams are terminals; the launcher can, and says so. */
  private static boolean tty(String stream) {
    return Boolean.getBoolean("luthier.tty." + stream);
  }
}
