"""A QR code as an image: encoded once, where the PDF library's own tag encodes and draws it twice."""

import base64
import functools
import io

QUIET_ZONE = 4  # modules of white around the code, ISO/IEC 18004
DOTS = 6  # pixels a module


@functools.lru_cache(maxsize=256)
def qr_code(text: str) -> str:
    """The data: URL of a PNG of the QR code of `text`, error correction level M (15 %)."""
    from PIL import Image
    from reportlab.graphics.barcode import qrencoder

    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    side = code.getModuleCount()
    image = Image.new("1", (side + 2 * QUIET_ZONE,) * 2, 1)
    for row in range(side):
        for column in range(side):
            if code.isDark(row, column):
                image.putpixel((column + QUIET_ZONE, row + QUIET_ZONE), 0)
    out = io.BytesIO()
    image.resize((image.width * DOTS,) * 2, Image.Resampling.NEAREST).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
