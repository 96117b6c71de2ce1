package dev.luthier;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The package table of docs/architecture.md, kept true: a package imports only packages that stand
 * before it.
 */
class LayersTest {
  /** Lowest first. */
  private static final List<String> LAYERS =
      List.of(
          "format",
          "llamacpp",
          "tensor",
          "quant",
          "nn",
          "model",
          "checkpoint",
          "tokenizer",
          "generate",
          "serve",
          "hub",
          "data",
          "optim",
          "train",
          "eval",
          "merge",
          "measure",
          "export",
          "recipe");

  private static final List<String> NATIVE =
      List.of(
          "tensor",
          "quant",
          "nn",
          "model",
          "checkpoint",
          "generate",
          "serve",
          "data",
          "optim",
          "train",
          "eval",
          "merge",
          "measure",
          "export");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.luthier");

  @Test
  void a_package_imports_only_packages_before_it() {
    for (int i = 0; i < LAYERS.size(); i++) {
      String[] above =
          LAYERS.subList(i + 1, LAYERS.size()).stream()
              .map(LayersTest::pattern)
              .toArray(String[]::new);
      if (above.length > 0) {
        noClasses()
            .that()
            .resideInAPackage(pattern(LAYERS.get(i)))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(above)
            .allowEmptyShould(true)
            .check(CLASSES);
      }
    }
  }

  @Test
  void only_the_named_packages_touch_native_tensors() {
    for (String layer : LAYERS) {
      if (!NATIVE.contains(layer)) {
        noClasses()
            .that()
            .resideInAPackage(pattern(layer))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco..")
            .allowEmptyShould(true)
            .check(CLASSES);
      }
    }
  }

  @Test
  void the_library_never_exits_nor_prints() {
    noClasses()
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .accessField(System.class, "out")
        .check(CLASSES);
  }

  private static String pattern(String layer) {
    return "dev.luthier." + layer + "..";
  }
}
