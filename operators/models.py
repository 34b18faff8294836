"""What SQL keeps of the site itself."""

from django.db import models


class SiteIdentity(models.Model):
    """One row: the id, which Redis and the data folder hold too, and an HMAC to recognize the secret key."""

    id = models.CharField(primary_key=True, max_length=32)
    secret_check = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.id
