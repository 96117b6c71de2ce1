package dev.luthier.format;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** An I/O exception in words. */
public final class Reason {
  private Reason() {}

  /** What went wrong, without the path that the caller names itself. */
  public static String of(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof DirectoryNotEmptyException) {
      return "a folder of that name is in the way";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : null;
    String message = reason == null ? e.getMessage() : reason;
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
