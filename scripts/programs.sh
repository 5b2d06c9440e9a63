# Sourced by scripts/test: the programs that some tests run for real, and how Debian calls them.

needed_programs=(janus chromium ffprobe ip)
declare -A debian_package=([janus]=janus [chromium]=chromium [ffprobe]=ffmpeg [ip]=iproute2)

missing_packages() {
    local program
    for program in "${needed_programs[@]}"; do
        command -v "$program" >/dev/null || printf '%s ' "${debian_package[$program]}"
    done
}

install_programs() {
    install_azurite
    local packages
    read -ra packages <<<"$(missing_packages)"
    [ "${#packages[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing ${packages[*]} ..."
        export DEBIAN_FRONTEND=noninteractive
        { apt-get -qq update && apt-get -qq install -y --no-install-recommends "${packages[@]}"; } >/dev/null 2>&1 ||
            say "apt-get could not install ${packages[*]}: tests that need them are skipped."
    else
        say "Tests that need ${packages[*]} are skipped; install them with: apt-get install ${packages[*]}"
    fi
}

# What speaks as Azure's store does is published on npm alone.
install_azurite() {
    command -v azurite-blob >/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v npm >/dev/null; then
        say "Installing azurite ..."
        npm install --global --silent azurite >/dev/null 2>&1 || npm install --global --silent azurite >/dev/null 2>&1 ||
            say "npm could not install azurite: the test that needs it is skipped."
    else
        say "The test that needs azurite is skipped; install it with: npm install -g azurite"
    fi
}
