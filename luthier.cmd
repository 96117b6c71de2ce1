@echo off
rem Runs Luthier on Windows: builds it on first use and after its sources changed, sets the native
rem environment, starts Java. What the build prints goes to stderr.
rem   LUTHIER_JAVA_OPTS    options for Java, such as -Xmx8g
rem   LUTHIER_MAVEN_ARGS   options for the build, such as -Pcuda
setlocal
set "ROOT=%~dp0"
if "%ROOT:~-1%"=="\" set "ROOT=%ROOT:~0,-1%"
set "JAR=%ROOT%\cli\target\luthier-cli.jar"
set "STAMP=%ROOT%\cli\target\luthier.stamp"
set "JAVA=java"
if defined JAVA_HOME if exist "%JAVA_HOME%\bin\java.exe" set "JAVA=%JAVA_HOME%\bin\java.exe"

set "WHY="
if not exist "%JAR%" set "WHY=first use, about a minute"
if not defined WHY if not exist "%STAMP%" set "WHY=its sources may have changed"
if not defined WHY (
  powershell -NoProfile -Command "$t=(Get-Item -LiteralPath $env:STAMP).LastWriteTime; $p=@('pom.xml','core\pom.xml','server\pom.xml','cli\pom.xml','core\src\main','server\src\main','cli\src\main')|%%{Join-Path $env:ROOT $_}; if (Get-ChildItem -LiteralPath $p -Recurse -File|?{$_.LastWriteTime -gt $t}|select -First 1) {exit 1}"
  if errorlevel 1 set "WHY=its sources changed"
)
if not defined WHY goto run

for /f "tokens=3" %%v in ('call "%JAVA%" -version 2^>^&1 ^| findstr /i version') do set "VERSION=%%~v"
if not defined VERSION (
  echo error: no java found; install a JDK 17 or newer, or set JAVA_HOME 1>&2
  exit /b 1
)
for /f "delims=." %%m in ("%VERSION%") do set "MAJOR=%%m"
if %MAJOR% LSS 17 (
  echo error: "%JAVA%" is Java %VERSION%; Luthier needs a JDK 17 or newer, set JAVA_HOME 1>&2
  exit /b 1
)
echo building Luthier (%WHY%) 1>&2
pushd "%ROOT%"
call mvn -B -q -DskipTests -Dspotless.check.skip=true %LUTHIER_MAVEN_ARGS% -pl cli -am package 1>&2 <nul
if errorlevel 1 (
  popd
  echo error: the build failed; see above and docs\troubleshooting.md#build 1>&2
  exit /b 1
)
popd
echo built>"%STAMP%"

:run
rem What the launcher for Unix sets beyond these is for libgomp and glibc, which Windows lacks.
if not defined OMP_WAIT_POLICY set "OMP_WAIT_POLICY=PASSIVE"
if not defined OPENBLAS_NUM_THREADS set "OPENBLAS_NUM_THREADS=1"
"%JAVA%" -XX:+UseSerialGC -Xms64m -Xmn32m -XX:+IgnoreUnrecognizedVMOptions -Xshare:auto -Dfile.encoding=UTF-8 ^
  -Dorg.bytedeco.javacpp.maxphysicalbytes=0 -Dorg.bytedeco.javacpp.maxbytes=0 ^
  "-Dluthier.home=%ROOT%" %LUTHIER_JAVA_OPTS% ^
  -cp "%JAR%;%ROOT%\cli\target\lib\*" dev.luthier.cli.Main %*
exit /b %ERRORLEVEL%
