@echo off
chcp 65001 >nul
rem Installs hallcall from this folder on Windows, without a network: install.cmd [FOLDER]; default %ProgramFiles%\hallcall.
rem Run it as administrator. It needs Python 3.11 to 3.13 with the launcher py. Run again it updates; stop the programs first.
setlocal
set "HERE=%~dp0"
set "PLACE=%~1"
if "%PLACE%"=="" set "PLACE=%ProgramFiles%\hallcall"
set "PYTHON="
set "LAUNCHER="
for %%P in (py.exe) do set "LAUNCHER=%%~$PATH:P"
for %%V in (3.13 3.12 3.11) do if defined LAUNCHER if not defined PYTHON py -%%V -c "" >nul 2>&1 && set "PYTHON=py -%%V"
if not defined PYTHON (
    echo 本机没有 Python 3.11-3.13，请先安装 / this machine has no Python 3.11 to 3.13: install one first
    exit /b 2
)
if not exist "%PLACE%\Scripts\python.exe" %PYTHON% -m venv "%PLACE%" || exit /b 1
set "PIP="%PLACE%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --no-deps"
%PIP% --find-links "%HERE%wheels" --require-hashes --requirement "%HERE%lock.txt" || exit /b 1
for %%W in ("%HERE%wheels\hallcall-*.whl") do %PIP% --force-reinstall "%%~W" || exit /b 1
copy /y "%HERE%start.cmd" "%PLACE%\start.cmd" >nul || exit /b 1
"%PLACE%\Scripts\hallcall.exe" --version
echo 下一步 / next: "%PLACE%\start.cmd" agent --name pc-3 --caller ws://192.168.1.10:9300
