"""The Debian packages of the shells and of the formatter of man pages, for the tests.

Run as a program, it prints them.
"""

PACKAGES = ("bash", "zsh", "fish", "groff-base")

if __name__ == "__main__":
    print(*PACKAGES)
