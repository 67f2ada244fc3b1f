#!/usr/bin/env bash
# Installs the pinned clients below .tools, unless they are there: python-gitlab into a virtual environment, glab from
# Debian trixie without touching the machine's own packages or sources.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/.tools
glab_version=1.53.0

venv=$tools/python-gitlab
if ! cmp -s test/clients/requirements.txt "$venv/requirements.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check --no-deps -r test/clients/requirements.txt
  cp test/clients/requirements.txt "$venv/requirements.txt"
fi

glab=$tools/glab
if ! "$glab/usr/bin/glab" --version 2>/dev/null | grep -qF "$glab_version"; then
  rm -rf "$glab"
  mkdir -p "$glab/apt/lists/partial" "$glab/apt/cache/archives/partial" "$glab/apt/none"
  # The same mirror as the machine's own Debian, the release that has this version.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | awk '/\/debian\/$/ && !seen++')
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keys] $mirror trixie main" >"$glab/apt/trixie.list"
  apt=(apt-get -q=2 -o "Dir::Etc::sourcelist=$glab/apt/trixie.list" -o "Dir::Etc::sourceparts=$glab/apt/none"
    -o "Dir::State::lists=$glab/apt/lists" -o "Dir::Cache=$glab/apt/cache" -o APT::Sandbox::User=root
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Languages=none)
  "${apt[@]}" update
  (cd "$glab/apt" && "${apt[@]}" download "glab=$glab_version-*" && dpkg -x glab_*.deb "$glab")
  rm -rf "$glab/apt"
  "$glab/usr/bin/glab" --version | grep -F "$glab_version" >/dev/null
fi
