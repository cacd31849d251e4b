"""A certificate authority and what it signs, made by the openssl program."""
import subprocess


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, stdin=subprocess.DEVNULL)


class Authority:
    """A CA in a folder: `ca` is its certificate."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.ca, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30, "-subj",
                 f"/CN={name}", "-keyout", self._key, "-out", self.ca)

    def issue(self, name):
        """A file with key and certificate of that name, as phones want it."""
        request, certificate, both = (self.folder / f"{name}.{kind}" for kind in ("csr", "crt", "pem"))
        key, extension = self.folder / f"{name}.key", self.folder / f"{name}.ext"
        extension.write_text(f"subjectAltName=DNS:{name}\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._key, "-CAcreateserial", "-days", 30,
                 "-extfile", extension, "-out", certificate)
        both.write_text(certificate.read_text() + key.read_text())
        return both
