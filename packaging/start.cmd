@echo off
chcp 65001 >nul
rem Runs one of the station programs on Windows and starts it again when it ends:
rem   start.cmd agent  --name pc-3 --caller ws://192.168.1.10:9300
rem   start.cmd kiosk  --name k2   --caller ws://192.168.1.10:9300
rem   start.cmd window --window 3 --caller ws://192.168.1.10:9300
rem The hall's file is %ProgramData%\hallcall\hall.toml, data lies beside it in data; HALLCALL_HOME names another folder.
rem A shortcut to it in the Startup folder, or a task "At log on", starts it with the PC. Ctrl+C and Y end it.
setlocal
if "%~1"=="" goto :usage
if not defined HALLCALL_HOME set "HALLCALL_HOME=%ProgramData%\hallcall"
if not defined HALLCALL_PROGRAM set "HALLCALL_PROGRAM=%~dp0Scripts\hallcall.exe"
if not exist "%HALLCALL_HOME%\data" mkdir "%HALLCALL_HOME%\data"
if not exist "%HALLCALL_HOME%\hall.toml" (
    echo 请把大厅文件复制到 / copy the hall's file to: %HALLCALL_HOME%\hall.toml
    exit /b 2
)
set "PROCESS=%~1"
set "REST="
:words
shift
if not "%~1"=="" (
    set "REST=%REST% "%~1""
    goto :words
)
set PYTHONUTF8=1
:again
"%HALLCALL_PROGRAM%" %PROCESS% "%HALLCALL_HOME%\hall.toml" %REST% --data "%HALLCALL_HOME%\data"
set "CODE=%ERRORLEVEL%"
if "%CODE%"=="2" (
    echo 不能开始，原因见上 / it cannot begin; the reason is above
    exit /b 2
)
if defined HALLCALL_ONCE exit /b %CODE%
echo 程序已结束，2 秒后重新启动 / it ended and starts again in 2 s ^(%CODE%^)
ping -n 3 127.0.0.1 >nul
goto :again
:usage
echo start.cmd agent^|kiosk^|window ...
exit /b 2
